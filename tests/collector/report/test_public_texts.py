"""What the report says of public texts and of extended deadlines (R5, R6, O3)."""

from __future__ import annotations

from hallwatch_collector.report.course import tell_course
from hallwatch_collector.report.record import Record
from hallwatch_collector.report.story import Rules, Source, tell_story
from hallwatch_collector.report.words import ReportWords
from parts.bureau_hall import BureauBench
from parts.county import CATALOGUE, PLAN


def test_the_course_tells_who_released_what_where_and_until_when() -> None:
    bench = BureauBench("10-26 09:00")
    bench.fails("bureau")
    bench.until("10-26 11:00")
    bench.confirm("O2", by="李主任", text="请到大厅办理。")
    bench.tick(f"{bench.notices()[0].id}-portal")
    bench.confirm("O3", by="张局")
    bench.is_back("bureau")
    bench.confirm("O5", by="周宣")
    story = tell_story(
        Record(bench.events), "inc-1", Rules(bench.hall, PLAN, CATALOGUE), Source(entries=1, first=1, last=1), bench.now
    )
    words = ReportWords(story.rules, story.told_at, story.began_at, story.course)
    told = [f"{line.clause} {''.join(line.subjects)}{line.says} {line.by}" for line in tell_course(story, words)]
    assert any("O2 发布《申报期上门办理提示》(门户网站、12366短信、大厅显示屏):请到大厅办理。" in each for each in told)
    assert any("R6 《申报期上门办理提示》(第1版)已发布到门户网站" in each for each in told)
    assert any("R6 《申报期上门办理提示》(第1版)所述情况已消除" in each for each in told)
    assert any("O3 增值税申报的期限由2026-10-26(周一)顺延至" in each and "张局" in each for each in told)
    assert any("O5 发布《故障及申报期限顺延公告》" in each and "周宣" in each for each in told)
