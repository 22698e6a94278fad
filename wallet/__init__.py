"""The ledger: players, wallets and every movement of money, over Postgres and Redis; knows no studio and no HTTP."""
