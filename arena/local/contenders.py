"""The two contenders that `arena up` brings: one small model in two configurations, and labelled so."""

from urllib.parse import urlsplit

from arena.db import connect
from arena.submission import contenders, endpoints, providers
from arena.submission.contenders import Contender
from arena.submission.endpoints import Endpoint, Grant
from arena.upstream import Dialect

PROVIDER = "this-machine"
MODEL = "smollm2-135m"

CONFIGURATIONS = (
    (
        Contender(
            slug="smollm2-135m-careful",
            name="SmolLM2 135M, careful",
            organisation="Hugging Face",
            description="SmolLM2-135M-Instruct (Q4_1) on this machine, asked to be brief, at temperature 0.2. "
            "The same weights as SmolLM2 135M, free.",
            licence="Apache-2.0",
        ),
        "You are a careful assistant. Answer briefly and to the point.",
        {"temperature": 0.2, "top_p": 0.9, "max_tokens": 320},
    ),
    (
        Contender(
            slug="smollm2-135m-free",
            name="SmolLM2 135M, free",
            organisation="Hugging Face",
            description="SmolLM2-135M-Instruct (Q4_1) on this machine, without instructions, at temperature 1.0. "
            "The same weights as SmolLM2 135M, careful.",
            licence="Apache-2.0",
        ),
        None,
        {"temperature": 1.0, "top_p": 0.95, "max_tokens": 320},
    ),
)


async def enter(database_url: str, model_url: str) -> None:
    """Enter both configurations with a grant each for the model server's address, and nothing else."""
    address = urlsplit(model_url)
    assert address.hostname is not None
    assert address.port is not None
    grant = Grant(address.hostname, address.port, "the local model that `arena up` starts")
    connection = await connect(database_url)
    try:
        async with connection.transaction():
            provider_id = await providers.enter(connection, slug=PROVIDER, name="This machine")
            for contender, system_prompt, parameters in CONFIGURATIONS:
                endpoint = Endpoint(
                    contender_id=await contenders.enter(connection, contender),
                    provider_id=provider_id,
                    base_url=model_url,
                    model=MODEL,
                    dialect=Dialect.OPENAI,
                    parameters=parameters,
                    system_prompt=system_prompt,
                )
                await endpoints.enter(connection, endpoint, [grant])
    finally:
        await connection.close()


async def leave(database_url: str) -> None:
    """Take both out of new battles, for a start without the local model."""
    connection = await connect(database_url)
    try:
        await endpoints.pause(connection, PROVIDER)
    finally:
        await connection.close()
