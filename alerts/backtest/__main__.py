"""The process in which a backtest runs apart: `python -m alerts.backtest`, asked by `alerts.backtest.apart`."""

from alerts.backtest.apart import main

main()
