import asyncio, shutil, re
from pathlib import Path
import pytest
from tests.unit.site_server.a_site import a_site, HELD, DIRECT
from tests.unit.site_server.ipp.serving import endpoint
from tests.integration.test_ipp_endpoint import run, suite, program, REPORT
@pytest.mark.parametrize("queue",[HELD,DIRECT])
async def test_suite(queue,tmp_path):
    t=tmp_path/"s"; t.mkdir(); tests=suite("ipp-1.1.test",t)
    async with a_site(tmp_path) as site:
        site.user("root",10_000_000_000); site.user("not-root",1_000_000)
        async with endpoint(site.services.ipp_jobs) as port:
            async def owner():
                while True:
                    await asyncio.sleep(0.2)
                    await site.settle()
                    with site.store.read() as s:
                        jobs=[j for j in s.jobs.held() ] if hasattr(s.jobs,'held') else []
                    from site_server.ipp.service_port import WhichJobs
                    for v in await site.services.ipp_jobs.jobs(queue,WhichJobs.NOT_COMPLETED,None,50):
                        if v.hold_until=="no-hold" and queue==HELD and "job-incoming" not in v.state_reasons:
                            try: await site.services.release_job.release(v.job_uuid, v.user_name, "oslo-1")
                            except Exception as e: print("release", v.job_id, v.state, v.state_reasons, repr(e))
            async with asyncio.TaskGroup() as g:
                t=g.create_task(owner())
                st,out=await run(program("ipptool"),"-tf",str(REPORT),"-T","30",f"ipp://127.0.0.1:{port}/printers/{queue}",str(tests))
                t.cancel()
    print(out); assert "[FAIL]" not in out; print(st)
