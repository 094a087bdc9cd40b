"""Pages that are nothing but a closed door, and pages that only have one."""

# ruff: noqa: E501

FOOT = "<p>版权所有 © 2024 某某科技有限公司 <a href=//beian>沪ICP备13000001号-1</a></p>"
SHOP = "".join(
    f"<li><a href=/p/{n}><img src={n}.jpg>不锈钢保温杯 {n}00ml</a><b>￥{n}9.00</b></li>"
    for n in range(1, 9)
)
POSTS = "".join(
    f"<tr><td><a href=/t/{n}>第 {n} 届车友会召集帖，周末去崇明</a><td>老王<td>2{n} 回复"
    for n in range(1, 9)
)
BIDS = "".join(
    f"<div class=bid><h3>稳盈 {n} 号</h3><p>预期年化 {9 + n}%</p><p>期限 {n} 个月</p>"
    f"<a class=btn href=/b/{n}>立即投资</a></div>"
    for n in range(1, 6)
)
BOX = (
    "<form action=/login><input name=u placeholder=用户名><input type=password name=p"
    " placeholder=密码><button>登录</button></form>"
)

DOORS = {
    "oa": f"<title>协同办公系统</title><h1>某某集团协同办公系统</h1>{BOX}"
    f"<label><input type=checkbox>记住我</label><a href=/f>忘记密码</a>{FOOT}",
    "oa in cells": "<title>OA</title><table><tr><td>用户名：<td><input name=u><tr><td>密　码："
    "<td><input type=password><tr><td colspan=2><input type=submit value=登录>"
    "<input type=reset value=重置></table><p>建议使用 1024×768 分辨率、IE8 以上浏览器访问",
    "mail": "<title>企业邮箱</title><h2>登录邮箱</h2><form><input name=u placeholder=邮箱帐号>"
    "@example.cn<input type=password placeholder=密码><input type=submit value='登 录'></form>"
    "<a>忘记密码？</a> <a>简体中文</a> <a>English</a> <a>手机版</a> <a>帮助</a>",
    "admin": "<title>后台管理系统</title><h1>网站后台管理系统</h1><form><input placeholder=管理员账号>"
    "<input type=password placeholder=登录密码><input placeholder=验证码><img src=/captcha>"
    "<button>立即登录</button></form>",
    "cms": "<title>登录 ‹ 某某 — WordPress</title><form><p><label>用户名或电子邮箱地址"
    "<input name=log></label><p><label>密码<input type=password name=pwd></label><p><label>"
    "<input type=checkbox>记住我</label><p><input type=submit value=登录></form>"
    "<p><a href=/l>忘记密码？</a><p><a href=/>← 返回到某某</a>",
    "crm": "<title>CRM</title><div>客户关系管理系统</div><div>让每一次沟通都有记录</div><form>"
    "<input placeholder=手机号/邮箱><input type=password placeholder=请输入密码><a class=btn>登 录</a>"
    f"</form><a>注册企业账号</a>{FOOT}",
    "erp": f"<title>ERP</title><select><option>总公司账套<option>分公司账套</select>{BOX}<p>系统版本 V8.12",
    "sso by code": "<title>统一身份认证平台</title><h3>扫码登录</h3><img src=/qr alt=二维码>"
    "<p>请使用企业微信扫一扫登录<p>二维码已失效，点击刷新",
    "wechat code": "<title>微信登录</title><p>微信登录<p><img src=/qr.png><p>使用微信扫一扫登录"
    "<p>“某某管理平台”",
    "phone code": "<title>会员中心</title><h2>手机号登录</h2><input type=tel placeholder=请输入手机号>"
    "<input placeholder=短信验证码><a>获取验证码</a><button>登录</button>"
    "<p><input type=checkbox>我已阅读并同意《用户协议》和《隐私政策》",
    "two tabs": "<title>登录</title><ul><li>密码登录<li>验证码登录</ul><input placeholder=手机号>"
    "<input type=password placeholder=密码><button>登录</button><a>免费注册</a><a>找回密码</a>"
    "<p>其他登录方式：微信 QQ 钉钉",
    "drawn by script": "<title>智慧园区</title><div id=app><div class=login><h3>智慧园区综合管理平台"
    "</h3><div class=el-input><input autocomplete=off placeholder=账号></div><div class=el-input>"
    "<input type=password placeholder=密码></div><div class=el-input><input placeholder=验证码>"
    "<img src=data:x></div><button><span>登 录</span></button></div></div>",
    "test site": f"<title>测试站点</title>{BOX}",
    "test system": f"<title>测试站点 - 请勿外传</title><h1>测试环境</h1>{BOX}<p>系统升级中的数据会被清空",
    "server panel": f"<title>宝塔Linux面板</title><h2>面板登录</h2>{BOX}<p>忘记密码请在终端执行命令",
    "english": "<title>Sign in</title><h1>Welcome back</h1><form><label>Email<input name=e></label>"
    "<label>Password<input type=password></label><button>Sign in</button></form>"
    "<a>Forgot password?</a><p>Don't have an account? <a>Sign up</a>",
    "router": "<title>Login</title><table><tr><td>Username<td><input><tr><td>Password<td>"
    "<input type=password></table><input type=button value='Log In'>",
    "database": "<title>phpMyAdmin</title><h1>欢迎使用 phpMyAdmin</h1><select><option>中文 - Chinese"
    "<option>English</select><form><input name=pma><input type=password><input type=submit"
    " value=执行></form><p>登录",
    "invited": "<title>内部会员平台</title><p>本平台实行邀请制<p>请输入邀请码<input placeholder=邀请码>"
    "<button>进入</button>",
    "page password": "<title>受保护</title><p>此内容受密码保护，请在下方输入访问密码"
    "<form><input type=password><input type=submit value=提交></form>",
    "forbidding": "<title>管理端</title><p>内部系统，未经授权禁止访问，否则将追究法律责任" + BOX,
    "school": "<title>教务系统</title><h1>某某学院教务管理系统</h1><form><input placeholder=学号/工号>"
    "<input type=password placeholder=密码><label><input type=radio>学生</label><label><input"
    " type=radio>教师</label><button>登录</button></form><p>初始密码为身份证后六位"
    "<p>技术支持：网络中心 021-60000000",
    "with a notice": f"<title>供应商门户</title><h2>供应商登录</h2>{BOX}<p>公告：系统将于 6 月 1 日 22:00"
    f" 进行维护，请提前保存数据。<p>服务热线 400-000-0000{FOOT}",
    "mini": "<title>系统登录</title><input placeholder=账号><input type=password placeholder=密码>"
    "<div class=btn>登录</div>",
    "agent": "<title>代理后台</title><p>代理商登录<form><input placeholder=代理账号><input type=password"
    " placeholder=密码><input placeholder=谷歌验证码><button>登录</button></form><p>建议使用谷歌浏览器",
}

OPEN = {
    "shop": f"<title>某某商城</title><div><a>你好，请登录</a> <a>免费注册</a></div><ul>{SHOP}</ul>{FOOT}",
    "shop with box": f"<title>某某商城</title>{BOX}<ul>{SHOP}</ul>",
    "shop of pictures": "<title>某某旗舰店</title><a>登录</a>"
    + "".join(f"<a href=/{n}><img src={n}.jpg></a>" for n in range(12))
    + f"<div style=display:none>{BOX}</div>",
    "lender": f"<title>某某金服</title>{BOX}{BIDS}",
    "lender small": f"<title>某某理财</title>{BOX}<h2>新手专享 预期年化 12%</h2><p>30 天期限，100 元起投，"
    "本息保障，随时可退，已有 20 万人加入<p>平台累计成交 36 亿元，为用户赚取 1.2 亿元<p>由大型担保公司"
    "全额担保，资金由银行存管，注册即送 888 元红包<p>公司成立于 2014 年，注册资本 1 亿元，总部位于上海",
    "forum": f"<title>车友论坛</title><div>{BOX}</div><table>{POSTS}</table>",
    "forum thin": "<title>车友论坛</title>" + BOX + f"<table>{POSTS[:400]}</table><p>今日 12 帖",
    "news": "<title>某某县融媒体中心</title><a>登录</a>"
    + "".join(f"<p><a href=/{n}>县领导调研第 {n} 批重点项目建设</a>" for n in range(1, 15)),
    "company": "<title>某某机械</title><a>会员登录</a><p>上海某某机械有限公司专业生产减速机、电机与变频器，"
    f"产品质保三年，欢迎新老客户来厂参观洽谈。<p>地址：某某路 100 号{FOOT}",
    "company thin": "<title>某某机械</title><nav><a>首页</a> <a>产品</a> <a>关于我们</a> <a>员工登录</a>"
    "</nav><p>专业生产减速机",
    "school site": "<title>某某小学</title>"
    + BOX
    + "".join(f"<p><a href=/{n}>我校举行第 {n} 届运动会</a>" for n in range(1, 14)),
    "bank": "<title>某某村镇银行</title><a>个人网银登录</a> <a>企业网银登录</a><h2>整存整取 一年期 1.5%"
    "</h2><p>营业网点：某某路 1 号，营业时间 9:00–17:00<p>关于谨防电信诈骗的提示<p>贷款产品介绍",
    "message": "<title>某某装饰</title><p>免费设计报价<form><input placeholder=您的姓名><input"
    " placeholder=手机号><textarea placeholder=留言></textarea><button>提交</button></form><a>登录</a>",
    "signup": "<title>免费领取课程</title><h1>7 天学会短视频剪辑</h1><p>名师授课，原价 999 元，限时免费<p>每天"
    "一小时，作业逐份点评，结业颁发证书<form><input placeholder=手机号><input placeholder=验证码><button>"
    "立即领取</button></form><p>已有账号？<a>登录</a>",
    "search": "<title>导航</title><form><input type=search placeholder=搜索><button>搜一下</button></form>"
    "<a>登录</a> <a>设置</a>",
    "query": "<title>证书查询</title><form><input placeholder=证书编号><input placeholder=验证码><button>"
    "查询</button></form><a>管理员登录</a>",
    "app": "<title>某某 App</title><h1>记账从未如此简单</h1><p>自动分类、多人账本、预算提醒，全平台同步<p>扫码下载"
    "<img src=qr.png><a>登录网页版</a>",
    "wiki": "<title>某某百科</title><a>登录</a><p>欢迎来到某某百科，这里有 1,024 个条目，任何人都可以编辑。"
    "<h2>特色条目</h2><p>崇明岛是中国第三大岛，地处长江口，被誉为长江门户、东海瀛洲。",
    "guide": "<title>如何找回密码</title><h1>忘记密码怎么办</h1><p>打开登录页，点击忘记密码，输入手机号，收到验证码后"
    "设置新密码即可。<p>如果手机号已停用，请携带身份证到营业厅办理，工作人员会在三个工作日内核实并重置。<p>仍有"
    "疑问，请查看常见问题或在工作时间联系在线客服，我们会尽快答复。",
    "gone": "<title>404</title><p>页面不存在<p><a>返回登录</a>",
    "parked": "<title>域名出售</title><p>example.cn 正在出售<p><a>登录</a>后出价",
    "building": "<title>某某网</title><p>网站建设中，敬请期待<p><a>管理员登录</a>",
    "game": "<title>传奇归来</title><p>散人服今日十点开区，爆率全开，上线送VIP，打宝搬砖两不误，装备全靠打<p>"
    "游戏下载<p>开区时间 6 月 1 日 20:00<p>玩家交流群 100000000<p>登录器下载",
    "lottery": "<title>某某彩</title>"
    + BOX
    + "<p>重庆时时彩 赔率 1.98<p>北京赛车 赔率 9.9<p>幸运飞艇 第 240601 期"
    "开奖 3 5 8 1<p>六合彩 特码 48 倍<p>首存送 100%，充值返 3%，每日签到领彩金<p>最近中奖：138****0000 中"
    " 52,000 元<p>加盟代理 佣金高达 60%",
    "portal": "<title>某某市民云</title><a>个人登录</a> <a>法人登录</a><ul><li>社保查询<li>公积金提取<li>居住证"
    "办理<li>不动产登记<li>企业开办<li>税费缴纳<li>医保结算<li>车驾管业务<li>出入境预约<li>婚姻登记</ul>"
    "<p>一网通办，高效办成一件事<p>最新政策：关于做好 2024 年度积分落户工作的通知",
}
