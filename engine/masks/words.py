"""Words that masked values are made of: invented, so that none of them is somebody's or someplace's name.

They were composed for this project and compared with public lists of names and places. ASCII only, because
a column's character set may hold nothing else; as many of each as fit a number of bits.
"""

FIRST_NAMES = tuple(
    """
    Aldoneth Almalia Amdona Amvadan Amvasa Andridon Anlarick Anlovia Arfidon Arlenric Arwesel Bellamir
    Belmadan Belselia Berlanor Berlivia Berlodon Bermadan Bermisa Berniric Bersedon Berwemir Callara
    Calloris Calnirel Calravia Casdosa Casmalas Casnedra Caswera Cornedon Corvanor Corvimir Dalaven
    Danivin Dariven Dasavia Daserel Delmidel Dorfira Dorlasa Dorlensa Dorsenor Dorvasel Eldoneth Elmalin
    Elsalia Elwevin Emniris Emriwyn Erfimir Erfina Erfithea Erfiven Erlavia Fadota Fafilia Falomon
    Faminor Fanithea Fenlona Fenriwyn Fensenor Fenvisel Fionenor Fiosedel Galdoric Gallamon Gallawyn
    Gallodon Galmasel Galravia Galridan Galrivin Galviven Gwenrana Haldolas Halfidra Halloven Halmidel
    Halwemon Helnerel Helselia Helviris Helwedon Helwena Ilradel Ilsadan Ilsevia Imlensa Imloris Imramon
    Imvaric Imviris Islenlin Isvira Jandovia Janlivia Janvadan Jonelin Jonidra Jothovin Juldoven
    Julmaric Julmina Julnivin Kaloven Kanesa Kanineth Kelmaric Kelnemir Kelsadan Kelvasel Kelvimir
    Kirmana Kirwelia Lenriven Lenriwyn Lenvasel Lenwewyn Liomavin Liosadel Lufiwyn Lurawyn Luvadra
    Luwewyn Malanor Manirel Marlimir Mavamon Melmina Melvimon Milennor Mimarick Miniric Mivasel Nalidan
    Nanesa Nanesel Narana Naraven Navadan Nelfilin Nelmivia Nelsera Norfilin Olmamon Olneric Olravia
    Olrimon Olwelas Orlennor Orlidra Ormanor Orserel Orvarick Padowyn Padrisel Paseta Pasethea Pernelin
    Pervina Philidan Philoven Phiserel Phivira Radorick Radosel Radridan Rendrina Renniric Renviric
    Rovadra Rumadel Rusadon Rusewyn Salana Savanor Seldolia Selfilin Sellaven Selsena Selvisa Silladan
    Silniwyn Silrivin Talaris Talendra Tamadel Taneric Tasedon Telfiris Tellita Tellodra Telnimon
    Torwelia Udora Ufidra Ulenmir Ulensel Ulloric Ulmirel Umarel Urimon Uviven Uwedon Vafidon Valodra
    Varimon Veldota Velnedra Velrimon Velvana Viladon Viraven Viwevin Wendoris Wenfisel Wenlora Wenvadra
    Willivia Willomir Wilmanor Wilmiven Wilnemon Wilnewyn Xalamon Xalavin Xalona Xalowyn Xamalin Xanivin
    Xarimon Xasaris Xavanor Xavasel Yafimir Yanewyn Yanidon Yodota Yodriven Yomavia Yomiris Yovarick
    Yovidel Yowerel Zafidra Zafisel Zalenra Zanemir Zarasel Zaridan Zeldoris Zellodan Zelminor Zelvinor
    """.split()
)
LAST_NAMES = tuple(
    """
    Ashbourg Ashcroyd Ashdale Ashdell Ashkemper Ashoven Ashquist Ashstead Ashwick Ashworthen Ashwyll
    Bramackers Bramdale Bramloch Brammander Brammantle Bramridgen Bramwyll Brookcroyd Brookinger
    Brookloch Brookstern Carnbourg Carnham Carnkemper Carnstern Carnstroud Carnwyll Coldquist Coldstern
    Craneburne Cranegard Cranequist Dalbourg Dalburne Dalcroyd Dallander Dalmark Dalstroud Dalworthen
    Dunfeld Dunlander Dunloch Dunsten Elmburne Elmcroyd Elminger Elmkemper Elmmantle Elmolsen Elmoven
    Elmridgen Elmstead Elmvane Elmworthen Fairackers Fairfeld Fairvane Fairwick Faldale Fallander
    Falvane Fernackers Ferndell Fernmark Fernstroud Glenbourg Glenfeld Gleninger Glenloch Glenolsen
    Greygard Greymark Greyolsen Greystern Greyvane Haldcroyd Haldfeld Haldstern Haldvane Haldwick
    Hartdale Hartham Hartquist Holdale Holmantle Ingcroyd Ingdell Ingfeld Inglander Ingloch Ingolsen
    Ingridgen Ingstroud Ingwick Ingworthen Jarackers Jarbourg Jardale Jarkemper Jarloch Jarmander
    Jaroven Jarvane Jarwick Jarworthen Kelkemper Kelmantle Kelmark Kelstead Kelsten Kelworthen Kestcroyd
    Kestloch Kestmantle Kestoven Landale Langard Lindmantle Lindwick Lockbourg Lockfeld Lockham
    Lockholme Lockstroud Lockvarden Marmark Melackers Melholme Melvane Melworthen Moskemper Mosmantle
    Mosolsen Moswick Mosworthen Nevbourg Nevdell Nevlander Nevoven Nevridgen Norackers Norfeld Normander
    Normantle Norquist Oakdell Oaklander Oakoven Oakquist Oakvane Oddale Odholme Odinger Odoven Odvane
    Pellburne Pellinger Pellquist Pellridgen Pellsten Pellwick Penmantle Penridgen Pensten Penwyll
    Quillburne Quillcroyd Quillgard Quillham Quillinger Quillmark Quilloven Quillquist Quillsten
    Quillvane Ralbourg Raldale Ralvarden Redstern Rookfeld Rookkemper Rookloch Rookmark Rookoven
    Rookwyll Sallackers Sallgard Selbourg Seldale Selfeld Selmander Selstroud Stanackers Stanbourg
    Stanmark Taldale Tallander Talstead Thorninger Thornloch Tolburne Tolfeld Tolkemper Tolstern
    Tolvarden Undackers Undburne Undcroyd Unddell Undgard Undham Undmander Undmark Undoven Undsten
    Vandburne Vanddale Vandham Vandinger Vandkemper Vandolsen Vandquist Vandstead Vosgard Voswyll
    Waldale Walham Walkemper Waloven Walridgen Walstern Wendackers Wendholme Wexburne Wexmantle Yarbourg
    Yarburne Yardell Yarfeld Yarham Yaringer Yarkemper Yarmark Yaroven Yarstead Zellackers Zellcroyd
    Zellgard Zellham Zellkemper Zellmander Zellquist Zellstead Zellvane Zellvarden
    """.split()
)
HANDLES = tuple(
    """
    ashbit ashdax ashdle ashgus ashkit ashmox ashpod ashrix ashsly ashtok ashvim belmox belnip belock
    belumi belwyn bribit bridax brimox brinip briock briumi calbit caldax calkit calmox calnip calumi
    calzu corfin corkit corpod cortok dovdax dovgus dovmox dovpod dovrix dovvim dredle dregus drekit
    dreumi drewyn eldbit eldbo eldfin eldkit eldpod eldren eldsly eldtok eldumi eldvim eldzu falbit
    falkit falock falpod falrix faltok falumi fennip fenock fenren fenrix glibit glidax glifin glimox
    glirix glisly gliumi grubit grudle grupod gruwyn hexdle hexmox hexock hextok hexumi hexzu hobdax
    hobkit hoblo hobnip hobrix ibidax ibidle ibifin ibimox ibinip ibiock ibipod ibiren ibirix ibisly
    ibizu jasbit jaspod jasrix jastok jasvim jundax jungus junnip junock junrix junwyn kelbit kelmox
    keltok kelumi kelzu kipbit kipdax kipmox kippod kipsly kipvim lardax lardle lumdax lumdle lumfin
    lumkit lumlo lumnip lumren lumvim lumzu marbo marock marzu mulbit muldax mulgus mulmox mulnip mulock
    mulpod mulzu nimbit nimlo nimmox nimnip nimrix nimsly norbo norgus norvim norzu opabit opadle opamox
    opanip opaock opasly opatok opaumi opawyn opazu paxdax paxnip paxock paxrix paxsly paxumi paxwyn
    polpod poltok polwyn quinbo quinlo quinzu rovbit rovdax rovdle rovfin rovkit rovlo rovmox rovnip
    rovock rovumi silbit silmox silnip skabit skafin skagus skakit skalo skanip skatok tamlo tammox
    tamnip tamock tamrix torbit tordle torlo tormox tornip umbbo umbdax umbfin umbkit umbmox umbock
    umbpod umbsly umbumi umbwyn vexbit vexbo vexfin vexgus vexmox vexnip vexrix vexumi vexvim vexzu
    wilbo wildax wilfin wilgus wilkit wilmox wilren wilrix wiltok wilvim yorbit yorbo yorfin yorlo
    yornip yorpod yorsly yortok yorumi yorzu zepdax zepnip zepock zepren zeprix zepsly zeptok zepumi
    zepvim zepwyn
    """.split()
)
COMPANIES = tuple(
    """
    Altivia Altiware Altiwise Altizon Ambrodale Ambromont Ambronor Ambrovia Aquidale Arbozon Aviware
    Bentocrest Bentofield Bentoware Bentoworks Bentozon Borealdale Borealfield Borealline Borealmark
    Borealpath Borealware Calyxnor Calyxware Cerolex Cerowise Cindradale Cindragraph Cindravex
    Cobalgraph Cobalware Crestagraph Crestaworks Delphcrest Delphdyne Delphlex Delphline Delphmark
    Delphmont Delphworks Dynadyne Dynamark Dynanor Dynapath Ectofield Ectoford Ectolex Ectovia Ectoworks
    Emberdyne Embernor Ensodyne Ensomark Ensovex Ensoware Fabricore Fabriline Fabrimont Fabrinor
    Fabrizon Feroford Feromont Ferozon Fluvifield Fluvitek Fluviware Galacore Galafield Galamont Galanor
    Galapath Glaciofield Glaciolex Glacionor Glaciotron Glaciovia Glacioworks Heliocore Heliodale
    Heliolex Helioline Heliomark Heliotron Hydracore Hydrafield Hydraline Hydramont Hydrapath Igniscrest
    Ignismont Ignistek Igniswise Indiline Indimont Inditron Indivex Isofield Isograph Isotron Junocore
    Junodale Junofield Junogen Junoline Junopath Junotek Junovex Junoware Junoworks Junozon Kalidyne
    Kaligraph Kaliworks Kineford Kinelex Kineline Kinemark Kinemont Kinepath Kinetek Kineware Lumicore
    Lumidyne Lumilex Lumivia Lumiwise Lumizon Lyrafield Lyragraph Lyramont Lyranor Lyravex Magnadale
    Magnafield Magnagen Magnamont Magnapath Magnatek Magnatron Mirafield Miragraph Miramark Miraworks
    Nebuvex Nebuworks Nebuzon Nexadyne Nexagraph Nexamark Noricore Noridale Noridyne Norifield Norimont
    Omnidale Omniline Omnimark Omnitek Orbigen Orbigraph Orbilex Orbimark Orbitek Orbiwise Orbizon
    Pantoline Pantomont Pantovex Peridale Perimont Plexiford Plexigen Plexigraph Plexilex Pleximark
    Plexizon Quantacore Quantadyne Quantalex Quantatek Quoricore Quorigen Quorimark Quorinor Quoriwise
    Quorizon Rheolex Rheonor Rheopath Rheotek Rheoworks Rubidale Rubiline Rubivia Rubiware Rubiwise
    Solacrest Soladyne Solafield Solavex Solaworks Spiracore Spiragen Spiratek Stellapath Stellavex
    Teradyne Teramark Terapath Theracrest Theradale Theraford Theragen Theratek Theravia Theraware
    Ultradale Ultrafield Ultraford Ultraline Ultratron Umbragraph Umbramark Umbratek Umbravex Umbraworks
    Vantadale Veridale Verifield Verigen Verimont Verivia Voladyne Volagraph Volamark Volavia Xenocrest
    Xenodale Xenodyne Xenoford Xenogen Xenograph Xenoline Xenotron Xenovex Xenovia Zenofield Zenotron
    Zenovex Zenoware Zephicore Zephiford Zephiline Zephimont Zephitek Zephivia
    """.split()
)
BRANCHES = tuple(
    """
    Analytics Assembly Bakery Bookbinding Brewing Carpentry Ceramics Cleaning Consulting Couriers Design
    Engineering Farming Fisheries Foods Forestry Freight Gardens Glassworks Insurance Interiors Lighting
    Logistics Machinery Metals Optics Packaging Pharma Plastics Printing Roofing Textiles
    """.split()
)
CITIES = tuple(
    """
    Aldergarth Aldergate Aldermouth Alderstrand Alderwick Ambergarth Ambergate Amberhollow Ashdene
    Ashgarth Ashmarch Ashmere Ashmouth Birchfold Birchhollow Birchquay Birchwick Blackbridge Blackquay
    Bramblebrook Bramblegarth Bramblehaven Bramblemarch Bramblereach Bramblestead Bramblevale Cedardene
    Cedarfold Cedargarth Clearmouth Clearquay Clearwick Coppermoor Coppermouth Copperquay Crowgate
    Crowmarch Crowmouth Crowquay Deepbrook Deepdene Deepgarth Deepmouth Deepstrand Deepwell Dovebridge
    Dovebrook Dovegarth Dovehaven Dovehollow Dovemere Dovemoor Eaglebrook Eaglecrest Eastbrook Eastfold
    Eastgarth Eastmouth Eastreach Elderdene Elderfold Eldermarch Elderwick Evermarch Fallowgarth
    Fallowmarch Fallowmouth Fernbridge Ferngate Flintdene Flintgarth Flinthaven Foxgarth Foxmarch
    Foxmoor Foxmouth Golddene Goldgarth Goldgate Goldmarch Goldmere Goldstead Goldwick Grandbrook
    Grandcrest Grandmarch Grandmouth Grandreach Hazelgate Hazelmoor Herondene Heronmoor Highbrook
    Highgarth Highhaven Hollybrook Hollygate Hollyhaven Hollymoor Hollystrand Ironbrook Ironcrest
    Irondene Irongarth Irongate Ironmere Ironmouth Ironquay Ironreach Ironvale Ironwell Ironwick
    Juniperdene Junipergarth Junipergate Juniperhaven Junipermarch Junipermoor Junipermouth Juniperquay
    Juniperstead Junipervale Juniperwell Juniperwick Kingscrest Kingsdene Kingshaven Kingshollow
    Kingsmarch Kingsmere Kingsquay Kingsreach Kingsstead Kingsstrand Kingsvale Kingswick Larkcrest
    Larkhaven Larkmoor Lindencrest Lindengate Lindenmouth Lindenstead Lindenwick Longhaven Longquay
    Longstead Longvale Maplebrook Maplefold Maplemere Maplestrand Millgate Millhaven Millreach
    Mossbridge Mossbrook Mossmere Mossmoor Mossquay Northdene Northfold Northgarth Northhaven Northmarch
    Northmere Northquay Northreach Northstead Northstrand Northwell Northwick Otterdene Ottergarth
    Ottergate Otterhaven Ottermarch Ottermoor Ottermouth Otterquay Otterstrand Ottervale Otterwell
    Otterwick Pinebridge Pinebrook Pinedene Pinegarth Pinemarch Pinemoor Pinemouth Pinequay Pinereach
    Pinestrand Pinevale Pinewell Ravencrest Ravenhollow Ravenreach Ravenstead Riverwick Rowancrest
    Rowangarth Rowangate Rowanhollow Rowanmarch Rowanvale Rowanwell Silverdene Silverquay Silvervale
    Stonegarth Stonestead Summerhollow Summerstrand Swanbridge Swancrest Swanhaven Swanmarch Swanstrand
    Thornbridge Thornbrook Thorncrest Thorngarth Thorngate Thornhaven Thornhollow Thornmere Thornmoor
    Thornstrand Thornvale Thornwell Valebridge Valedene Valegarth Valehaven Valemere Valereach
    Velvetbridge Velvetdene Velvetfold Velvetgate Velvetmoor Velvetreach Westmouth Willowhaven
    Willowmarch Willowstead Willowstrand Winterfold Winterwell Winterwick Wrenmere Wrenmoor Wrenmouth
    Wrenwell
    """.split()
)
STREETS = tuple(
    """
    Alderbank Alderfen Alderthorpe Amberholt Amberthorpe Amberweir Ashcopse Ashdell Ashholt Ashrise
    Ashrow Ashweir Ashwharf Birchfen Birchgate Birchlea Birchnook Birchrow Birchshaw Birchthorpe
    Birchwharf Blackrow Blackthorpe Blackwharf Bramblebank Bramblenook Cedarbank Cedarlea Cedarnook
    Clearbank Clearcopse Copperlea Coppershaw Copperweir Copperwharf Crowbank Crowfen Crowrise Crowweir
    Deepcopse Deepdell Deepgate Deepholt Deepnook Deepshaw Deepweir Dovebank Dovecroft Dovedell Doveholt
    Dovespinney Doveweir Eaglebank Eagleholt Eaglerise Eaglethorpe Eastcopse Eldergate Elderholt
    Elderweir Elderwharf Everbank Everdell Everspinney Everthorpe Fallowcroft Fallowrow Fallowwharf
    Ferndell Fernshaw Flintgate Flintlea Flintrise Flintwharf Foxbank Foxdell Foxrise Foxspinney
    Goldcopse Goldfen Goldholt Goldnook Goldrise Goldrow Goldshaw Goldspinney Grandbank Grandcopse
    Grandcroft Grandlea Grandshaw Hazelholt Hazelrow Hazelshaw Heroncopse Heronweir Highlea Hollycopse
    Hollycroft Hollyfen Hollynook Hollyrise Hollyshaw Hollywharf Ironcopse Ironcroft Irondell Ironfen
    Ironholt Ironlea Ironnook Ironrise Ironrow Ironshaw Ironthorpe Ironweir Ironwharf Juniperbank
    Juniperdell Juniperfen Juniperholt Juniperlea Junipernook Junipershaw Juniperweir Kingsbank
    Kingscopse Kingscroft Kingsdell Kingsfen Kingsholt Kingslea Kingsnook Kingsrise Kingsrow Kingsshaw
    Kingsweir Kingswharf Larkholt Larknook Larkspinney Larkwharf Lindencroft Lindenrise Lindenweir
    Longholt Longlea Longrise Longrow Longthorpe Maplebank Maplefen Mapleshaw Millfen Millspinney
    Millwharf Mossdell Mossgate Mossholt Mossnook Mossrow Mossweir Northbank Northcopse Northcroft
    Northfen Northholt Northlea Northnook Northrise Northrow Northshaw Northweir Northwharf Otterbank
    Ottercopse Otterdell Otterfen Otterholt Otterlea Otternook Otterthorpe Otterweir Otterwharf Pinebank
    Pinecopse Pinedell Pinefen Pinegate Pineholt Pinelea Pinenook Pinerow Pineshaw Pineweir Pinewharf
    Ravencopse Ravencroft Ravenfen Ravengate Ravenholt Ravenshaw Riverdell Rowancopse Rowandell Rowanfen
    Rowanholt Rowannook Silvergate Silvernook Silverweir Stonebank Stoneholt Summerdell Summerholt
    Summernook Summerweir Swanlea Swannook Swanshaw Thornbank Thorncopse Thorncroft Thorndell Thornfen
    Thornholt Thornlea Thornnook Thornshaw Thornthorpe Thornweir Thornwharf Valebank Valecopse Valerow
    Valeshaw Valespinney Valethorpe Valewharf Velvetcroft Velvetfen Velvetnook Velvetrise Velvetrow
    Westdell Westrise Westrow Westspinney Westwharf Willowcopse Willowrow Winterwharf Wrenbank Wrencroft
    Wrenrise Wrenrow
    """.split()
)
_FILLERS = """
    neriti gelvera vaveti quidon lanmas varim
    hinom mimalo semalo fonos baveti misati
    quinoti hivera quiman nevera dilura lanma
    fomalo himas valuti dinolo quiris kadolo
    ditin notim ditilo quilu lanves quinos
    pralu fonom hisas setis nedoti rosren
    balura dinoti katilo folura lanrelo disara
    quidoti geltira prasati senom melura prasam
    milum gelriti rostim pratilo pralura kaluti
    forelo gelveti pramati barelo losara losas
    setira tunos quidolo torveti hinon torsas
    tortis dimam gelsam vamalo gelnos mesati
    ruluti variti ruveti seriti divelo lansara
    vadoti landoti vanos rosrem badoti geldora
    banolo fonora hiveti forim kanoti gelnora
    kavem gelve midom lanlura tortin banoti
    norelo hilura hilus fovera bamara dinom
    hidora vasalo nedos gelrem baven nolus
    pralum semam hisalo bariti diluti fove
    rosnoti rosnolo netilo lanmati folus praves
    mesalo didoti kareti kasati pradoti kanos
    prasara lanrilo gelmam karelo selus losalo
    tordoti nenolo medolo mirelo quidom nevelo
    seluti nomam tures himalo pratin rudoti
    bavelo ditis mevem forilo norilo rostira
    tormati nolum tormam runolo torsalo kanolo
    barilo lanlun bavem vasam geldos valun
    vadora misalo quimam torluti serelo tudoti
    foves serilo miveti vanon quives quisas
    tuvem gelvelo hireti rosmalo kadoti pranora
    bamati selun dimalo rosves semas pranos
    sedoti meves forem quivelo rumara hirin
"""

KINDS_OF_STREET = ("Lane", "Road", "Street", "Way")
NAMED_STREETS = tuple(
    f"{street} {KINDS_OF_STREET[index % len(KINDS_OF_STREET)]}" for index, street in enumerate(STREETS)
)
# A filler is repeated up to the length of what it replaces.
FILLERS = tuple(f"{line.strip()} " for line in _FILLERS.strip().splitlines())
