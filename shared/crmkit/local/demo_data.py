"""Who and what the made-up company of `crm demo` consists of."""

from dataclasses import dataclass
from uuid import UUID

from crmkit.kernel import ids

TENANT = {
    "name": "澄川自动化 Clearbrook Automation",
    "time_zone": "Asia/Shanghai",
    "base_currency": "CNY",
    "fiscal_year_start": 1,
}
CURRENCY = "CNY"
SYSTEM = "demo"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works there; `monthly` is a seller's target for a month."""

    key: str
    name: str
    team: str
    region: str
    role: str = "sales_rep"
    monthly: int = 0

    @property
    def id(self) -> UUID:
        return ids.named("demo person", self.key)


SELLERS = (
    Person("lin", "林晓雯", "cn/east/shanghai", "华东", monthly=900_000),
    Person("chen", "陈立群", "cn/east/shanghai", "华东", monthly=800_000),
    Person("zhao", "赵思远", "cn/east/hangzhou", "华东", monthly=700_000),
    Person("xu", "徐佳宁", "cn/east/hangzhou", "华东", monthly=600_000),
    Person("huang", "黄志诚 Henry Huang", "cn/south/shenzhen", "华南", monthly=800_000),
    Person("grace", "何雅 Grace He", "cn/south/shenzhen", "华南", monthly=700_000),
)
PEOPLE = (
    *SELLERS,
    Person("sun", "孙建国", "cn/east", "华东", "sales_manager"),
    Person("wu", "吴敏", "cn", "", "sales_director"),
)


@dataclass(frozen=True, slots=True)
class Product:
    code: str
    name: str
    series: str
    price: int


PRODUCTS = (
    Product("arm-s5", "协作机械臂 S5", "机械臂", 96_000),
    Product("arm-s12", "协作机械臂 S12", "机械臂", 158_000),
    Product("agv-300", "搬运车 AGV-300", "物流", 120_000),
    Product("agv-1000", "搬运车 AGV-1000", "物流", 210_000),
    Product("vision-2d", "视觉检测 2D", "视觉", 58_000),
    Product("vision-3d", "视觉检测 3D", "视觉", 135_000),
    Product("plc-lite", "控制器 Lite", "控制", 24_000),
    Product("plc-pro", "控制器 Pro", "控制", 46_000),
    Product("mes-cloud", "MES Cloud 年费", "软件", 88_000),
    Product("care", "Care 维保服务", "服务", 36_000),
)
SOURCES = {
    "website": 26,
    "trade-show": 20,
    "referral": 18,
    "wechat": 16,
    "cold-call": 12,
    "partner": 8,
}
"""Where leads come from, and how often in a hundred."""
INDUSTRIES = ("汽车零部件", "电子制造", "食品", "医疗器械", "新能源", "物流仓储")
PLACES = ("苏州", "宁波", "无锡", "嘉兴", "东莞", "佛山", "珠海", "绍兴", "常州", "惠州")
BRANDS = (
    "恒岭",
    "明禾",
    "启元",
    "岚桥",
    "百川",
    "竹溪",
    "云汐",
    "金麦",
    "朗河",
    "青栎",
    "拓野",
    "和畅",
)
TRADES = ("精密", "电子", "食品", "医疗", "新能源", "物流")
FOREIGN = ("Alderpike", "Brightwell", "Corvane", "Dunmere", "Eastholt", "Fenwick Tools", "Glenmoor")
SURNAMES = "王李张刘杨吴周郑沈朱何马"
GIVEN_NAMES = (
    "伟",
    "静",
    "磊",
    "婷",
    "浩然",
    "雨桐",
    "子轩",
    "欣怡",
    "国强",
    "Lily",
    "Kevin",
    "Amy",
)
NEEDS = (
    "两条产线需要换型，节拍不够",
    "仓库要上自动搬运，先看一期方案",
    "Inspection by eye lets too much through",
    "想把停机时间降一半",
    "New plant next year, asks for a full quote",
    "老设备维保到期",
)
SUBJECTS = {
    "call": "首次沟通",
    "visit": "现场勘查",
    "meeting": "方案评审会",
    "demo": "样机演示",
    "message": "发送资料",
}
OUTCOMES = ("客户认可", "需要补充报价", "约下次时间", "转采购部门", "Budget to be confirmed")
GIVEN_UP = ("没有预算", "联系不上", "只是比价", "Out of our region")
LOST_TO = ("价格", "竞争对手", "项目取消", "Delivery time")
STAGES = ("analysis", "proposal", "negotiation")
"""Those of the standard pipeline that come after its first."""
FEEDBACK = (
    ("lin", "process", "hinders", "high", "报价审批要等三天，客户等不及", "proposal"),
    ("chen", "tool", "helps", "medium", "查重一下就知道是谁的客户", ""),
    ("zhao", "price", "hinders", "medium", "竞争对手的维保价低一成", "negotiation"),
    ("grace", "training", "hinders", "low", "Nobody has shown us the new vision line", ""),
)
"""销售团队反馈 what sellers say: who, of what, how, at what cost, in which words, of which step."""
