"""How do people head a column? The headings of forms, score sheets and lists of jurors, in kk, ru and en.

Of several columns that name one field the heading that stands first here goes first. A heading is left out on
purpose where it says two things: «Дата регистрации» may be the organisation's, «Согласие на обработку данных»
is no consent to publication, «№ п/п» counts rows, and a bare «Название» heads many a list that is no form. A
draft is begun and kept, so "Start time", "Created at" or «Дата создания» is no time of sending.
"""


def _said(text: str) -> tuple[str, ...]:
    """Headings that are written one after another, with strokes between them."""
    return tuple(" ".join(heading.split()) for heading in text.split("|"))


FIELDS: dict[str, tuple[str, ...]] = {
    "submission": _said("""
        өтінім № | № заявки | заявка № | өтінім нөмірі | номер заявки | submission | өтінімнің нөмірі |
        өтінім коды | өтінімнің коды | өтінімнің тіркеу нөмірі | тіркеу нөмірі | id өтінім | код заявки |
        шифр заявки | id заявки | регистрационный номер | регистрационный номер заявки | рег. номер |
        рег. № | номер проекта | № проекта | жобаның нөмірі | идентификатор | application number |
        application no. | application id | submission id | submission number | project id |
        reference number | id | № | ид | id ответа | номер ответа | нөмірі | номер | response id |
        responseid | respondent id | entry id | entry number | record id | number | #
    """),
    "sent_at": _said("""
        жіберілген уақыты | время отправки | уақыт белгісі | отметка времени | sent | timestamp |
        жіберілген күні мен уақыты | жіберілген күні | жіберу уақыты | жіберу күні |
        берілген күні мен уақыты | берілген уақыты | берілген күні | өтінім берілген уақыт |
        өтінім берілген күн | өтінімнің берілген күні | өтінімді беру күні | өтінімді беру уақыты |
        тапсырылған күні | тапсырылған уақыты | түскен күні | түскен уақыты | өтінім түскен күн |
        күні мен уақыты | дата и время отправки | дата отправки | дата отправки заявки |
        время отправки заявки | отправлено | дата и время подачи | дата и время подачи заявки |
        время подачи | время подачи заявки | дата подачи | дата подачи заявки | подано |
        дата и время поступления | дата поступления | дата поступления заявки | время поступления |
        время поступления заявки | дата получения заявки | дата приёма заявки | дата регистрации заявки |
        дата заявки | дата и время | время заполнения | дата заполнения | submitted | submitted at |
        submitted on | date submitted | submission date | submission time | date of submission |
        time of submission | sent at | sent on | date sent | received | received at | date received |
        completion time | date and time | время создания | время создания ответа | время ответа |
        дата ответа | дата и время ответа | время выполнения | время завершения |
        дата завершения заполнения | жауап уақыты | жіберілді | аяқталу уақыты | орындалу уақыты |
        submit date | submit time | submitted date | submitted time | submission timestamp | submissiondate |
        submitdate | datesubmitted | entry date | entry_datesubmitted | recorded date | recordeddate |
        added time | completed at | time submitted
    """),
    "organisation": _said("""
        ұйымның атауы | ұйым | наименование организации | организация | organisation | ұйым атауы |
        ұйымның толық атауы | өтінім беруші ұйымның атауы | өтінім беруші ұйым | өтінім берушінің атауы |
        өтінім беруші | заңды тұлғаның атауы | үеұ атауы | кеұ атауы | ұйымның аты | название организации |
        полное наименование организации | полное название организации | наименование организации-заявителя |
        организация-заявитель | наименование заявителя | заявитель | наименование юридического лица |
        наименование нко | наименование нпо | название нко | название нпо | organization |
        organisation name | organization name | name of organisation | name of organization |
        name of the organisation | name of the organization | applicant organisation |
        applicant organization | applicant | applicant name | name of applicant | ngo | ngo name
    """),
    "legal_form": _said("""
        құқықтық нысаны | ұйымдық-құқықтық нысаны | правовая форма | форма | legal form |
        ұйымның құқықтық нысаны | ұйымдастыру-құқықтық нысаны | құқықтық мәртебесі |
        организационно-правовая форма | опф | правовой статус | legal status | type of organisation
    """),
    "bin": _said("""
        бсн | бин | bin | ұйымның бсн | ұйымның бсн-і | өтінім берушінің бсн | өтінім берушінің бсн-і |
        бсн нөмірі | бсн жсн | бизнес-сәйкестендіру нөмірі | бин организации | бин заявителя | бин нко |
        бин нпо | бин иин | номер бин | бизнес-идентификационный номер | business identification number |
        bin number
    """),
    "nomination": _said("""
        номинация | аталым | nomination | байқау номинациясы | номинация атауы | номинацияның атауы |
        жоба номинациясы | бағыт | бағыты | жобаның бағыты | санат | номинация конкурса |
        название номинации | наименование номинации | направление | направление проекта |
        направление конкурса | категория | category | track
    """),
    "title": _said("""
        жобаның атауы | жоба | название проекта | проект | title | project | жоба атауы |
        жобаның толық атауы | жобаның тақырыбы | әлеуметтік жобаның атауы | идеяның атауы |
        наименование проекта | полное название проекта | полное наименование проекта | тема проекта |
        название социального проекта | наименование социального проекта | название идеи | название заявки |
        project title | project name | title of the project | title of project | name of the project |
        name of project
    """),
    "summary": _said("""
        қысқаша мазмұны | аннотация | краткое описание | описание | summary | жобаның қысқаша мазмұны |
        жобаның қысқаша сипаттамасы | қысқаша сипаттамасы | қысқаша сипаттама | жобаның сипаттамасы |
        жобаның мазмұны | сипаттамасы | сипаттама | мазмұны | аңдатпа | түйіндеме |
        краткое описание проекта | описание проекта | краткое содержание | краткое содержание проекта |
        содержание проекта | краткая информация о проекте | аннотация проекта | суть проекта |
        резюме проекта | резюме | abstract | description | project summary | project description |
        brief description | short description | summary of the project
    """),
    "region": _said("""
        өңір | облыс | регион | область | region | өңірі | облысы | аймақ | аймағы | жобаның өңірі |
        іске асыру өңірі | жобаны іске асыру өңірі | іске асыру аймағы | жобаны іске асыру аймағы |
        регион проекта | регион реализации | регион реализации проекта | область реализации проекта |
        oblast | region of implementation | project region
    """),
    "place": _said("""
        елді мекен | қала | населённый пункт | город | place | town | елді мекені | қаласы | ауыл | ауылы |
        іске асыру орны | жобаны іске асыру орны | жобаның іске асырылатын жері | село | место реализации |
        место реализации проекта | место проведения | населённый пункт реализации проекта |
        город реализации проекта | city | settlement | locality | village | place of implementation
    """),
    "requested": _said("""
        сұралатын сома | сұралатын сома, ₸ | запрашиваемая сумма | запрашиваемая сумма, ₸ | requested |
        сұралатын сома, теңге | сұралатын сома, теңгемен | сұралған сома | сұралып отырған сома |
        сұралатын қаржы | сұралатын қаражат | сұралатын қаржыландыру | сұралатын грант | гранттың сомасы |
        сұралатын грант сомасы | грант сомасы | запрашиваемая сумма, тенге | запрашиваемая сумма в тенге |
        запрашиваемая сумма гранта | запрашиваемая сумма финансирования | запрашиваемые средства |
        запрашиваемый грант | запрашиваемое финансирование | запрошенная сумма | сумма запроса |
        сумма гранта | размер гранта | сумма финансирования | requested amount | amount requested |
        requested sum | requested amount, kzt | requested grant | requested funding | grant amount |
        grant requested
    """),
    "own_funds": _said("""
        өз қаражаты | өз қаражаты, ₸ | собственные средства | собственные средства, ₸ | own funds |
        өз қаражаты, теңге | ұйымның өз қаражаты | өз қаржысы | меншікті қаражат | меншікті қаражаты |
        меншікті қаржысы | өз үлесі | ұйымның үлесі | қоса қаржыландыру | бірлесіп қаржыландыру |
        собственные средства, тенге | собственные средства организации | собственный вклад |
        собственный вклад организации | вклад организации | вклад заявителя | софинансирование |
        сумма софинансирования | own contribution | own resources | co-financing | cofinancing | co-funding
    """),
    "duration": _said("""
        ұзақтығы | ұзақтығы, ай | срок | срок, мес. | срок реализации | duration | жобаның ұзақтығы |
        жобаның мерзімі | мерзімі | мерзімі, ай | іске асыру мерзімі | жобаны іске асыру мерзімі |
        срок реализации проекта | срок реализации, мес. | сроки реализации | сроки реализации проекта |
        срок проекта | продолжительность | продолжительность проекта | длительность | длительность проекта |
        период реализации | период реализации проекта | project duration | duration in months |
        duration, months | implementation period
    """),
    "links": _said("""
        ашықтық сілтемелері | сілтемелер | ссылки (открытость нко) | ссылки | links | ұйымның сайты |
        веб-сайт | сайт | әлеуметтік желілер | әлеуметтік желідегі парақшалар |
        әлеуметтік желілерге сілтемелер | сайт организации | ссылка на сайт | ссылка на сайт организации |
        социальные сети | соцсети | ссылки на соцсети | ссылки на социальные сети | сайт и социальные сети |
        сайт и соцсети | website | web site | site | social media | social networks |
        website and social media
    """),
    "contact_person": _said("""
        байланыс тұлғасы | контактное лицо | contact person | contact | байланыс жасайтын тұлға |
        байланысатын тұлға | жауапты тұлға | жоба жетекшісі | жоба жетекшісінің аты-жөні |
        жетекшінің аты-жөні | басшының аты-жөні | аты-жөні | тегі, аты, әкесінің аты | т.а.ә. | таә |
        фио контактного лица | ответственное лицо | руководитель проекта | фио руководителя проекта |
        фио руководителя | фио заявителя | ф.и.о. | фио | фамилия, имя, отчество | contact name |
        name of contact person | project manager | project leader | full name
    """),
    "phone": _said("""
        телефон | phone | телефоны | телефон нөмірі | байланыс телефоны | байланыс нөмірі | ұялы телефон |
        ұялы телефоны | номер телефона | контактный телефон | контактный номер | контактные телефоны |
        мобильный телефон | сотовый телефон | моб. телефон | тел. | phone number | telephone |
        telephone number | mobile | mobile phone | contact phone | whatsapp
    """),
    "email": _said("""
        эл. пошта | электрондық пошта | эл. почта | e-mail | email | электрондық поштасы |
        электрондық пошта мекенжайы | эл. пошта мекенжайы | электронды пошта | электронная почта |
        адрес электронной почты | адрес эл. почты | электронный адрес | e-mail адрес | mail | email address |
        e-mail address | contact email
    """),
    "consent": _said("""
        жариялауға келісім | согласие на публикацию | consent | жариялауға келісемін |
        деректерді жариялауға келісім | жобаны жариялауға келісім | согласие на публикацию данных |
        согласие на публикацию проекта | согласие на публикацию информации | согласен на публикацию |
        consent to publication | consent to publish | publication consent
    """),
    "first_time": _said("""
        бірінші рет қатысу | участвует впервые | first time | бірінші рет қатысады |
        бірінші рет қатысып отыр | бірінші рет қатысуы | впервые участвует | участвуете впервые |
        первое участие | участие впервые | first-time applicant | first participation |
        takes part for the first time
    """),
    "status": _said("""
        статус заявки | өтінім мәртебесі | өтінімнің мәртебесі | submission status | application status |
        project status | entry status | статус анкеты | статус ответа | статус проекта | жоба мәртебесі |
        response type | response status | completion status | мәртебесі | статус | status
    """),
}
# headings that say when somebody finished only beside one that says when he began, and with clocks below:
# «End Date» alone may be the last day of the project
FINISHED = {
    "end date": "start date",
    "enddate": "startdate",
    "end time": "start time",
    "end": "start",
    "дата окончания": "дата начала",
    "дата завершения": "дата начала",
    "время окончания": "время начала",
}

SUBMISSION = FIELDS["submission"] + _said("""
    заявка | өтінім | код проекта | шифр проекта | номер работы | № работы | номер участника | № участника |
    project number | project no. | project code | application | submission # | submission no. | paper id |
    paper number | paper # | paper | proposal id | proposal number | proposal # | proposal | entry id |
    entry number | entry # | entry | team id | team number | team | abstract id | abstract number |
    student project id | work number | #
""")
NAMING = _said("""
    сарапшы | эксперт | қазы | член жюри | juror | expert | judge | reviewer | referee | рецензент
""")  # also before a name: «Эксперт: …»
JUROR = NAMING + _said("""
    сарапшы коды | сарапшының коды | қазы коды | қазының коды | төреші | қазылар алқасының мүшесі |
    код эксперта | id эксперта | код члена жюри | evaluator | assessor | juror id | expert id | judge id |
    reviewer id | referee id | evaluator id | assessor id | judge code | juror code | judge number |
    panelist | panellist | jury member | panel member | pc member | member # | жюри | оценщик
""")
JUROR_NAME = _said("""
    сарапшының аты-жөні | қазының аты-жөні | сарапшы аты-жөні | фио эксперта | фио члена жюри | фио жюри |
    имя эксперта | имя члена жюри | juror name | judge name | expert name | reviewer name | reviewername |
    referee name | evaluator name | assessor name | member name | name of judge | name of juror |
    name of reviewer | judge's name | reviewer's name | your name | your full name | ваше имя | ваше фио |
    ваши фио | аты-жөніңіз
""")
_NAME = _said("""
    аты-жөні | фио | name | т.а.ә. | таә | тегі, аты, әкесінің аты | тегі, аты | ф.и.о. |
    фамилия, имя, отчество | фамилия имя | фамилия | имя | full name
""")
FULL_NAME = _NAME + JUROR_NAME
COMMENT = _said("""
    түсініктеме | пікір | ескерту | комментарий | примечание | comment | note | түсініктемелер | пікірі |
    сарапшының пікірі | ескертпе | негіздеме | комментарии | комментарий эксперта | комментарий члена жюри |
    замечания | замечание | примечания | обоснование | обоснование оценки | мнение эксперта | comments |
    notes | remark | remarks | justification
""")
DAY = _said("""
    күн | күні | день | day | өнер көрсету күні | день презентации | день защиты | день выступления
""")
SLOT = _said("""
    кезек | очередь | слот | slot | кезегі | кезек нөмірі | очерёдность | порядок выступления |
    номер выступления | order of presentation
""")
CRITERION = _said("""
    өлшемшарт | критерий | criterion | өлшемшарттың атауы | өлшемшарттар | бағалау өлшемшарты | критерии |
    критерий оценки | название критерия | criteria | criterion name | показатель | наименование показателя |
    көрсеткіш | вопрос | сұрақ | question | rubric | dimension | aspect
""")
SCORE = _said("""
    балл | баға | ұпай | оценка | score | mark | балы | бағасы | ұпайы | қойылған балл | қойған балы |
    баллы | оценка эксперта | балл эксперта | выставленный балл | points | scores | marks | rating | grade |
    оценка члена жюри | rating given | score given | points given | points awarded | value | ұпай саны
""")
