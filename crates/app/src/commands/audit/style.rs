//! How the report looks: on a screen, on a phone and on paper.

pub(super) const SHEET: &str = "
:root{color-scheme:light;--ink:#1d2430;--soft:#5b6675;--line:#d9dee5;--bad:#b3261e;--good:#1e6f43;--mind:#8a5a00}
*{box-sizing:border-box}
body{margin:0;background:#f4f6f8;color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
main{max-width:960px;margin:0 auto;padding:24px 20px 48px;background:#fff}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 16px}
h2{font-size:1.15rem;margin:32px 0 8px;padding-top:12px;border-top:1px solid var(--line)}
p{margin:8px 0}
ul{margin:6px 0;padding-left:20px}
.verdict{border-left:6px solid var(--soft);background:#eef1f4;padding:12px 16px;margin:0 0 12px}
.verdict strong{font-size:1.5rem;letter-spacing:.04em}
.verdict.pass{border-color:var(--good);background:#e9f5ee}.verdict.pass strong{color:var(--good)}
.verdict.fail{border-color:var(--bad);background:#fcecea}.verdict.fail strong{color:var(--bad)}
.remarks{border-left:6px solid #e0b04c;background:#fdf6e6;padding:4px 16px;margin:0 0 12px}
.caution{border:1px solid var(--bad);padding:8px 12px}
.warning{background:var(--bad);color:#fff;padding:12px 16px;margin:0 0 12px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:12px 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:7px 12px 7px 0;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600}
tbody th{font-weight:600;min-width:8.5em}
td.value{font-weight:600;min-width:8em}td.at{color:var(--soft);min-width:7em}
tr.over .value,tr.over th{color:var(--bad)}tr.remark .value{color:var(--mind)}
tr.missing .value{font-weight:400;color:var(--soft)}
.plots{display:grid;grid-template-columns:1fr 1fr;gap:20px 28px}
figure{margin:12px 0}
.plot{margin:0}
figcaption{font-weight:600;font-size:.95rem}figcaption span{font-weight:400;color:var(--soft)}
.events{position:relative;height:1.1em;font-size:.68rem;color:var(--soft);overflow:hidden}
.events span{position:absolute;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;padding-left:1px}
.chart{position:relative;border-left:1px solid var(--soft);border-bottom:1px solid var(--soft)}
.chart svg{display:block;width:100%;height:110px}
.chart span{position:absolute;right:2px;font-size:.7rem;line-height:1;color:var(--soft);background:#ffffffcc;padding:1px 2px}
.chart .top{top:0;right:auto;left:2px}.chart .limit{color:var(--bad)}
polyline{fill:none;stroke:#24518f;stroke-width:1.6;vector-effect:non-scaling-stroke;stroke-linejoin:round}
line.limit{stroke:var(--bad);stroke-width:1;stroke-dasharray:4 3;vector-effect:non-scaling-stroke}
rect.event{fill:#eef2f7}
.times{display:flex;justify-content:space-between;font-size:.7rem;color:var(--soft)}
.beyond{font-size:.8rem;color:var(--soft);margin:4px 0}
.pair div{display:grid;grid-template-columns:1fr 1fr;gap:8px;margin-top:4px}
.pair img{width:100%;height:auto;display:block;background:#ddd}
.made{color:var(--soft);font-size:.85rem}
@media(max-width:640px){
main{padding:16px 14px 32px}
.plots,.pair div{grid-template-columns:1fr}
table:not(.short) thead{display:none}
table:not(.short) tr{display:block;padding:8px 0;border-bottom:1px solid var(--line)}
table:not(.short) :is(th,td){display:block;border:0;padding:1px 0}
.short tbody th{min-width:0}
td.at:not(:empty)::before{content:'Limit: '}
dl{grid-template-columns:1fr}dt{margin-top:6px}
}
@media print{
@page{margin:14mm}
body{background:#fff;font-size:10.5pt}
main{max-width:none;padding:0}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
figure,tr,.verdict,.remarks,.caution,.warning{break-inside:avoid}
h2{break-after:avoid}
}
";
