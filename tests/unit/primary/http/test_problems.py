from primary.http.problems import CONTENT_TYPE
from primary.store.directory import Directory
from tests.unit.primary.http.conftest import Api


async def test_an_address_that_does_not_exist_is_a_problem(api: Api) -> None:
    response = await api.get("/api/v1/nothing")

    assert response.status == 404
    assert response.content_type == CONTENT_TYPE
    assert "Correct the path" in (await response.json())["detail"]


async def test_a_method_that_is_not_offered_is_told_with_those_that_are(api: Api) -> None:
    response = await api.delete("/api/v1/sites")

    assert response.status == 405
    assert response.headers["Allow"] == "GET, HEAD"


async def test_a_store_that_is_closed_is_not_available(api: Api, directory: Directory) -> None:
    directory.close()

    response = await api.put("/api/v1/sites/rome", json={"title": "Rome"})

    assert response.status == 503
    assert "stopping" in (await response.json())["detail"]
