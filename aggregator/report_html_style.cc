#include "report_html_style.h"

namespace zonelag::aggregator::html {

// Colours of marks have a contrast of at least 4.5 with the ground in both schemes; shapes tell them apart without
// colour. Paper is light whatever the screen is.
const std::string_view kStyle = R"css(
:root{color-scheme:light dark;
--bg:#fff;--fg:#1b2430;--mu:#566372;--hair:#e4e8ed;--soft:#f5f7f9;--link:#1f5f99;--bar:#c3d2e2;--st:#41566e;
--r:#9a5200;--a:#7b4397;--o:#1769aa;--s:#0b7350;--bad:#b3261e;--badbg:#fdeceb;--ok:#0b6b47;--okbg:#e7f5ee;
--warn:#8a5a00;--warnbg:#fdf3df;--und:#5b4b8a;--undbg:#f0ecf9}
@media screen and (prefers-color-scheme:dark){:root{
--bg:#11161c;--fg:#e3e8ee;--mu:#9dabb9;--hair:#29323c;--soft:#181f27;--link:#7fb8ec;--bar:#3a506a;--st:#a9bdd3;
--r:#f0b050;--a:#cfa5ec;--o:#6cb8f2;--s:#55d0a0;--bad:#ff8f86;--badbg:#3b1d1c;--ok:#66d3a3;--okbg:#15322a;
--warn:#f0c060;--warnbg:#352b15;--und:#bcabf0;--undbg:#292344}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 28px}
header{padding-top:44px}
h1{font-size:28px;line-height:1.2;font-weight:600;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:19px;font-weight:600;margin:44px 0 12px}
h3{font-size:17px;font-weight:600;margin:0 0 2px;overflow-wrap:anywhere}
p{margin:0 0 10px}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
ul{margin:0;padding-left:20px}
.lead,.seen,.note,small,.facts{color:var(--mu)}
.lead{font-size:16px;max-width:46em}
.facts{list-style:none;padding:0;margin:14px 0 0}
.note,.facts{font-size:14px}
.serial{font-weight:400}
.cards{display:flex;flex-wrap:wrap;gap:10px;margin:22px 0 0}
.cards div{background:var(--soft);border-radius:8px;padding:12px 16px;min-width:104px}
.cards dt{color:var(--mu);font-size:13px}
.cards dd{margin:0;font-size:23px;font-weight:600;line-height:1.25}
.cards .nil dd{color:var(--mu)!important;font-weight:400}
.cards .met dd{color:var(--ok)}.cards .breached dd{color:var(--bad)}.cards .open dd{color:var(--warn)}.cards .undecidable dd{color:var(--und)}
.about{display:grid;grid-template-columns:max-content 1fr;gap:4px 22px;margin:24px 0 0;font-size:14px}
.about dt{color:var(--mu)}.about dd{margin:0;overflow-wrap:anywhere}.about ul{list-style:none;padding:0}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{text-align:left;vertical-align:top;padding:6px 10px 6px 0;border-bottom:1px solid var(--hair);font-weight:400}
thead th{color:var(--mu);font-size:12.5px;white-space:nowrap;vertical-align:bottom}
td.z{overflow-wrap:anywhere;min-width:120px}
.n{text-align:right;white-space:nowrap}
.nodes td,.nodes th{white-space:nowrap;font-size:12.5px;padding:4px 12px 4px 0}
.slow{max-width:820px}
th button{all:unset;cursor:pointer;color:inherit}th button:hover{color:var(--fg)}th button:focus-visible{outline:2px solid var(--link);outline-offset:2px}
th[aria-sort=ascending] button::after{content:" ↑"}th[aria-sort=descending] button::after{content:" ↓"}
.filter{display:flex;flex-wrap:wrap;gap:14px;align-items:center;margin:0 0 12px;font-size:14px;color:var(--mu)}
.filter input,.filter select{font:inherit;color:var(--fg);background:var(--bg);border:1px solid var(--mu);border-radius:6px;padding:4px 8px;margin-left:6px}
[hidden]{display:none!important}
.vd{display:inline-block;font-size:12.5px;font-weight:600;line-height:1.5;border-radius:5px;padding:0 7px;vertical-align:1px}
.vd.met{color:var(--ok);background:var(--okbg)}.vd.breached{color:var(--bad);background:var(--badbg)}
.vd.open{color:var(--warn);background:var(--warnbg)}.vd.undecidable{color:var(--und);background:var(--undbg)}
.no{color:var(--warn)}
.version{border-top:1px solid var(--hair);padding:26px 0 8px;margin-top:20px}
.figures{display:flex;flex-wrap:wrap;gap:8px 26px;margin:12px 0 6px}
.figures dt{color:var(--mu);font-size:13px}.figures dd{margin:0;font-weight:600}
.figures i{font-weight:400;font-style:normal;color:var(--mu);font-size:13px;margin-right:8px}
.figures small{display:block;font-weight:400;font-size:12.5px}
figure{margin:18px 0 10px;overflow-x:auto}
figure svg.wf,figure svg.ds{display:block;width:100%;min-width:720px;height:auto}
figcaption{font-size:13.5px;color:var(--mu);margin:4px 0}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 20px;padding:0;margin:8px 0 0;font-size:13px;color:var(--mu)}
.legend svg{width:20px;height:20px;vertical-align:-5px;margin-right:5px}
details{margin:10px 0}summary{cursor:pointer;color:var(--link);font-size:14px;margin-bottom:6px}
.top{font-size:13px;margin-top:12px}
footer{color:var(--mu);font-size:13px;padding-top:30px;padding-bottom:50px}
svg text{font-size:12.5px;fill:var(--fg)}
svg .mu{fill:var(--mu);font-size:12px}
svg .hd{fill:var(--fg);font-weight:600;font-size:12.5px}
svg .sl{fill:var(--st)}
svg .bg{fill:var(--bg)}
svg .tl{fill:var(--st);font-weight:600;paint-order:stroke;stroke:var(--bg);stroke-width:3px}svg .tl tspan{font-size:9px}
svg .no{fill:var(--warn)}
svg path{fill:none}
svg .ro,svg .gr{stroke:var(--hair)}
svg .gu{fill:var(--soft)}
svg .tb{stroke:var(--st);stroke-dasharray:2 3}
svg .st{stroke:var(--st)}
svg .iv{fill:var(--bar)}
svg .ea{fill:var(--mu)}
svg .op{fill:url(#hatch);stroke:var(--warn);stroke-opacity:.55}
svg .lv{stroke:var(--fg);stroke-width:1.6}
svg .cu{stroke:var(--o);stroke-width:2}svg .far{stroke-dasharray:3 3}
svg .pc{stroke:var(--st);stroke-dasharray:2 3}svg .pd{fill:var(--o);stroke:var(--bg);stroke-width:1.5}
svg .li{stroke:var(--bad);stroke-width:1.4}svg .ll{fill:var(--bad)}
.mr{fill:var(--r)!important}.ma{fill:var(--a)!important}.mo{fill:none;stroke:var(--o);stroke-width:1.7}.ms{fill:var(--s)!important;stroke:var(--bg);stroke-width:.8}
.hs{stroke:var(--warn);stroke-width:1.6;stroke-opacity:.6}
.defs{position:absolute;width:0;height:0}
@page{size:landscape;margin:13mm}
@media print{body{font-size:10pt}table{font-size:8.5pt}.n,thead th{white-space:normal}main,header,footer{max-width:none;padding-left:0;padding-right:0}.filter,.top,th button::after{display:none!important}
figure,.cards,tr,h3{break-inside:avoid}h2,h3,.seen,.figures{break-after:avoid}.version{break-inside:auto}a{color:inherit}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}figure svg.wf,figure svg.ds{min-width:0}.wide,figure{overflow:visible}.nodes td,.nodes th{white-space:normal;font-size:8pt;padding-right:6px}}
)css";

// Sorting by a column (numbers by data-v, empty ones last), and the filter. The page is whole without it.
const std::string_view kScript = R"js(
(function(){
'use strict';
var table=document.getElementById('vt');
if(!table)return;
var body=table.tBodies[0],rows=Array.prototype.slice.call(body.rows);
var sections=Array.prototype.slice.call(document.querySelectorAll('section.version'));
var form=document.getElementById('filter'),zone=document.getElementById('fz'),verdict=document.getElementById('fv'),count=document.getElementById('fc');
function key(row,column){var cell=row.cells[column],v=cell.getAttribute('data-v');
return v!==null?(v===''?null:Number(v)):cell.textContent.toLowerCase();}
function sort(head,column){
var down=head.getAttribute('aria-sort')==='ascending';
Array.prototype.forEach.call(table.tHead.rows[0].cells,function(h){h.removeAttribute('aria-sort');});
head.setAttribute('aria-sort',down?'descending':'ascending');
rows.map(function(row,i){return{row:row,key:key(row,column),i:i};}).sort(function(a,b){
if(a.key===b.key)return a.i-b.i;
if(a.key===null)return 1;
if(b.key===null)return -1;
return(a.key<b.key?-1:1)*(down?-1:1);
}).forEach(function(e){body.appendChild(e.row);});}
function filter(){
var text=zone.value.trim().toLowerCase(),word=verdict.value,shown=0;
function fits(e){return(e.getAttribute('data-z').indexOf(text)>=0)&&(word===''||e.getAttribute('data-d')===word);}
rows.forEach(function(row){var fit=fits(row);row.hidden=!fit;if(fit)shown++;});
sections.forEach(function(s){s.hidden=!fits(s);});
count.textContent=shown===rows.length?'':shown+' of '+rows.length;}
Array.prototype.forEach.call(table.tHead.rows[0].cells,function(head,column){
var button=document.createElement('button');
button.type='button';button.textContent=head.textContent;
head.textContent='';head.appendChild(button);
button.addEventListener('click',function(){sort(head,column);});});
form.addEventListener('submit',function(e){e.preventDefault();});
zone.addEventListener('input',filter);verdict.addEventListener('change',filter);
form.hidden=false;
})();
)js";

const std::string_view kScriptHash = "sha256-9FgWh8eAuo2YsYTHD2gSRau9aElTlthIELiuASVrpKk=";

// A mark's point of time is the tip of a triangle and the centre of a square or disc: received from above, announced
// from below, served within offered, so that four marks at one time stay four marks.
const std::string_view kSymbols = R"svg(<svg class="defs" aria-hidden="true"><defs>
<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hs" d="M0 0V7"/></pattern>
<path id="r" class="mr" d="M0 -1L-4.5 -9H4.5z"/>
<path id="a" class="ma" d="M0 1L4.5 5L0 9L-4.5 5z"/>
<path id="o" class="mo" d="M-5 -5H5V5H-5z"/>
<circle id="s" class="ms" r="3.6"/>
</defs></svg>
)svg";

}  // namespace zonelag::aggregator::html
