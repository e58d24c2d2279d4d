"""The control door's questions of strictness: what is expected to come, and whether it was so."""

from typing import Annotated, Any, Self

from fastapi import APIRouter
from pydantic import Field, model_validator

from simulators.twilio.control import Here, Number, Order

router = APIRouter(prefix="/sim", include_in_schema=False)


class ExpectationOrder(Order):
    """So many messages, or from `times` to `at_most`, to this number with these words."""

    to: Number
    contains: Annotated[str, Field(max_length=1600)] = ""
    times: Annotated[int, Field(ge=0)] = 1
    at_most: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _most_is_not_the_least(self) -> Self:
        if self.at_most is not None and self.at_most < self.times:
            raise ValueError("`at_most` is less than `times`")
        return self


@router.post("/expect")
async def expect(orders: list[ExpectationOrder], exchange: Here) -> dict[str, Any]:
    """From now on nothing but what is expected may be sent; an empty list expects silence."""
    exchange.expected.nothing_else()
    for order in orders:
        most = order.times if order.at_most is None else order.at_most
        exchange.expected.expect(order.to, order.contains, times=(order.times, most))
    return exchange.verdict().plain()


@router.get("/verdict")
async def verdict(exchange: Here) -> dict[str, Any]:
    """Who got what nobody expected, and what was expected and did not come, in sentences."""
    return exchange.verdict().plain()
