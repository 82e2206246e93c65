from tests.journeys.test_release_model import *
def test_look(cast, house, version, evaluation, now):
    import json, typst
    from importlib.resources import as_file, files
    from minett.planes.documents import pdf
    report = release_model.write_trust_report(ROBOT, now=now, version_id=version.pk)
    open("/tmp/lab/look.json","w").write(json.dumps(report.content["claims"], indent=1))
    d = Document.from_json(report.content["document"])
    with as_file(files("minett.planes.documents").joinpath("templates")) as folder:
        c = typst.Compiler(str(folder/"document.typ"), root=str(folder), ignore_system_fonts=True, sys_inputs=pdf._inputs(d))
        pages = c.compile(format="png", ppi=80)
        for i, p in enumerate(pages if isinstance(pages, list) else [pages]):
            open(f"/tmp/lab/look{i}.png","wb").write(p)
