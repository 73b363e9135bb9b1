"""Given names and family names that are common in Europe, the Americas and beyond; folded to ASCII.

Names that are everyday words or places (Mark, Grace, Georgia, May) are left out on purpose.
"""

import re
import unicodedata

_FIRST = """
aaron abdul abdullah abigail adam adele adrian adriana agnes agnieszka ahmed aisha alain alan albert alberto
alejandra alejandro aleksander alessandra alessandro alexandra alexandre alexis alfonso alfred alfredo ali
alice alicia alina alison allison amanda amelia amelie amina amir amy ana anabel anastasia anders andre
andrea andreas andrei andrew andrzej angela angelica angelina angelo anita anja anke ann anna anne annette
annika anthony antje antoine antonella antonia antonio anya arne arthur arturo ashley astrid audrey aurelie
barbara bastian beate beatrice beatriz benedikt benjamin benoit bernadette bernard bernd bettina betty
beverly bianca birgit bjorn bogdan bonnie brandon brenda brian bridget brigitte bruno bryan camila camille
carina carl carla carlos carmen carol carole carolin carolina caroline carolyn caterina catherine cathy
cecile cecilia celine cesar chantal charles charlotte cheryl chiara chloe christa christian christiane
christina christine christophe christopher cindy claire clara claude claudia claudio clemens colette colin
connie corinna corinne cornelia craig cristian cristiano cristina cynthia dagmar damian daniel daniela
daniele danielle danuta darren david deborah debra delphine denis denise dennis derek diana diane diego
dieter dimitri dirk dmitri dolores dominik dominique donald donna doris dorota dorothea dorothy douglas
duarte dylan edgar edith eduardo edward edwin ekaterina elaine elena eleni eleonora elias elif elisa
elisabeth elise eliza elizabeth elke ellen elsa elvira emil emilia emilie emily emma emmanuel enrico enrique
eric erica erich erik erika erin ernesto ernst erwin esteban esther eszter eugene eugenia eva evelyn ewa
fabian fabienne fabio fabrice fatima federica federico felicia felipe felix fernanda fernando fiona florian
frances francesca francesco francine francisca francisco franck francois francoise frank franz fred frederic
frederik friedrich gabriel gabriela gabriele gabrielle gary gemma genevieve geoffrey georg george georges
gerald geraldine gerard gerd gerhard gertrud giacomo gianluca gilbert gilles gina giorgio giovanna giovanni
gisela giulia giuseppe gonzalo gordon greg gregor gregory greta grzegorz guido guillaume guillermo gunther
gustavo hanna hannah hans harald harold hassan hector heidi heike heinrich heinz helen helena helene helga
helmut hendrik henk henri henry herbert hermann hilda hiroshi holger howard hugo ian ibrahim ida ignacio
igor ilse ines inga inge ingeborg ingrid irene irina irma isabel isabella isabelle ivan ivana jacek jacob
jacqueline jacques jaime jakob james jan jana jane janet janice janina jaroslav jason javier jean jeanne
jeff jeffrey jennifer jens jeremy jerome jessica jill jim joan joana joanna joao joaquin jochen joel joelle
johan johann johanna johannes john jonas jonathan jorge jose josef josefina joseph josephine joshua joyce
juan juana juanita judith julia julian juliana julie julien juliette julio jurgen justin justyna kai karen
karin karina karl karla karsten kasia katarina katarzyna kate katharina katherine kathleen kathrin kathryn
kathy katia katja katrin keith kelly kenneth kerstin kevin khalid kim kimberly kirsten klaus konrad
konstantin kristin kristina krzysztof kurt kyle lara larissa larry lars laura lauren laurence laurent laurie
lea leila lena leon leonardo leonie leonor leslie leticia liam lidia lilian liliana linda lindsay lisa
lorena lorenzo louis louise luca lucas lucia luciana lucie lucy ludwig luigi luis luisa lukas luke lydia
lynn maciej madeleine magdalena maike malgorzata manfred manuel manuela marc marcel marcelo marcin marco
marcos marcus margaret margarita margit margot maria mariana marianne marie marina mario marion marisa
marjorie markus marlene marta martha martin martina mary maryam massimo mateo mateus mathias matthew
matthias matthieu maurice mauricio maxime maximilian megan mehmet melanie melissa mercedes mia michael
michaela michal michel michele micheline michelle miguel mikhail mila milan milena miriam mohamed mohammad
mohammed monica monika monique moritz mustafa myriam nadia nadine nancy natalia natalie natasha nathalie
nathan nicholas nick nicola nicolas nicole niklas nikolai nils nina noah noelle nora norbert norman nuno
odile olaf oleg olga oliver olivia olivier omar oscar oskar osvaldo otto pablo pamela paola paolo pascal
patrice patricia patricio patrick patrizia paul paula paulina pauline paulo pavel pedro penelope peter petra
philip philipp philippe phyllis pierre pietro pilar piotr priya rachel rafael raimund rainer raj ralf ralph
ramon raquel raul raymond rebecca reiner renata renate rene ricardo richard rita robert roberta roberto
rodrigo roger roland rolf romain roman ronald rosa rosalie rosemarie roxana ruben rudolf rui russell ruth
ryan sabine sabrina salma salvatore samantha samira samuel sandra sandrine sara sarah sascha scott sean
sebastian sebastien sergei sergio sharon shirley sigrid silke silvia silvio simon simona simone sofia
solange sonia sonja sophia sophie stacy stanislaw stefan stefania stefanie steffen stephan stephane
stephanie stephen steve steven stuart susan susana susanne suzanne sven svetlana sylvia sylvie takeshi
tamara tania tanja tatiana teresa terry thea theo theodor theresa therese thierry thomas thorsten tiago tim
tina tobias todd tom tomas tomasz tony tracy tristan udo ulrich ulrike ursula ute uwe valentina valerie
vanessa verena veronica veronika veronique vicente victor viktor viktoria vincent vincenzo virginie viviane
vladimir volker walter waltraud wanda wendy werner wilhelm william wojciech wolfgang xavier yannick yasmin
yolanda yulia yusuf yves yvette yvonne zeynep zoe zofia
"""

_LAST = """
" abdullah adams aguilar ahmed albrecht ali allen almeida alonso alvarez alves anderson andersson andrade
antunes araujo arnold bailey bauer baumann beck bennett bergmann bernard bertrand bianchi blanc blanco
bonnet brandt braun brooks bruno busch caballero cabrera calvo campbell campos cano cardoso carvalho
castillo castro chavez chen clark cohen coleman collins colombo contreras correia costa cunha dang davies
davis delgado dias diaz dietrich diez dominguez dubois dufour dumas dupont durand edwards ernst esposito
evans fabre faure fernandes fernandez ferrari ferreira fischer flores fonseca fontaine fournier franke
friedrich fuchs fuentes gallego garcia garnier garrido gauthier gerard gibson gimenez girard gomes gomez
goncalves gonzales gonzalez griffin gross guerin guerrero gunther gutierrez guzman haas hahn hamilton hansen
harris harrison hartmann hayes heinrich henderson henry herbst hernandez herrera herrmann hoffmann hofmann
huang hubert hughes ibanez iglesias ivanov jackson jager james jansen janssen jenkins jensen jimenez
johansson johnson joly jones kaiser kaminski keller kelly kim klein koch kohler konig kowalski kraus krause
kruger kuhn kumar kunz lambert larsen laurent lefebvre lefevre legrand lehmann leroy lewis lim lopes lopez
lorenz lozano ludwig lutz machado maier marchand marino marques marquez martin martinez martins massa mayer
medina meier mendes mendez mendoza mercier meyer miller mitchell mohamed molina monteiro montero moore
morales moran moreau moreira moreno moretti morgan morin morris moulin muller munoz murphy myers nascimento
navarro nelson neumann nguyen nielsen noel nogueira novak nowak nunes nunez okafor olivares oliveira olsen
olsson ortega ortiz otto parker patel pedersen peixoto pereira perez peric perrin perry peters petersen
peterson petit petrov pfeiffer phillips pinto pires pohl powell prieto quispe ramirez ramos reed reis reyes
ribeiro ricci richardson richter rivera riviere robert roberts robinson rocha rodrigues rodriguez rogers
rojas roman romano romero rossi roth rousseau roux rubio ruiz russell russo ryan saez sanchez sanders
santana santos sanz sato sauer schafer schmid schmidt schmitt schmitz schneider scholz schreiber schroder
schubert schulte schulz schumacher schuster schwarz scott seidel serrano silva simmons simoes singh smirnov
smith soares soler sousa souza steiner stewart suarez sullivan suzuki svensson takahashi tanaka tavares
taylor teixeira thomas thompson torres turner ueda ulrich varga vargas vasquez vazquez vega velasco vidal
vieira vincent vogel vogt volkova wagner walker walter wang watanabe watson weber weis weiss werner wilson
winkler wright wu yamamoto yang yilmaz zamora zhang ziegler zimmermann
"""

FIRST_NAMES = frozenset(_FIRST.split())
LAST_NAMES = frozenset(_LAST.split())

_NAME = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]*)*")
_TITLES_TEXT = "dr mr mrs ms miss prof herr frau mme mlle monsieur madame sr sra dona don sig"
_PARTICLES_TEXT = "de da do dos das del della di du la le van von der den ter zu y e el al bin ibn st"
_TITLES = frozenset(_TITLES_TEXT.split())
_PARTICLES = frozenset(_PARTICLES_TEXT.split())
_SPECIAL = str.maketrans("øłı", "oli")


def fold(text: str) -> str:
    """Return a text in lower case without accents: `Jürgen` and `Łódź` become `jurgen` and `lodz`."""
    if text.isascii():
        return text.lower()
    special = text.lower().replace("ß", "ss").replace("æ", "ae").translate(_SPECIAL)
    return unicodedata.normalize("NFKD", special).encode("ascii", "ignore").decode()


def first_name(text: str) -> bool:
    """Tell whether a text is one known given name, or two."""
    words = text.replace("-", " ").split()
    return 1 <= len(words) <= 2 and all(fold(word) in FIRST_NAMES for word in words)


def last_name(text: str) -> bool:
    """Tell whether a text is a known family name or two, alone or after particles."""
    words = [fold(word) for word in text.replace("-", " ").split()]
    while len(words) > 1 and words[0] in _PARTICLES:
        words = words[1:]
    return 1 <= len(words) <= 2 and all(word in LAST_NAMES for word in words)


def name_like(text: str) -> bool:
    """Tell whether a text has the form of a person's whole name: two to five words of letters."""
    words = text.replace(",", " ").split()
    return 2 <= len(words) <= 5 and all(_NAME.fullmatch(word) for word in words)


def full_name(text: str) -> bool:
    """Tell whether a text is a person's whole name of which a given or a family name is known."""
    if not name_like(text):
        return False
    words = [fold(word).strip(".") for word in text.replace(",", " ").split()]
    words = [word for word in words if word not in _TITLES and word not in _PARTICLES]
    if len(words) < 2:
        return False
    first, last = words[0].split("-")[0], words[-1].split("-")[0]
    return first in FIRST_NAMES or (last in FIRST_NAMES and first in LAST_NAMES)
