"""Short forms of given names: "Bob" and "Robert" may be one person.

Invariant: a short form stands for every name it is used for, so that it excludes nobody it could mean.
"""

from __future__ import annotations

from closeloop.domain.person_names import plain

_GROUPS = """
abigail abby gail
alexander alex sasha sandy alec lex xander
alexandra alex sasha sandra sandy lexi
alfred alf fred freddie
andrew andy drew
anthony tony anton
antonio tony toni toño
barbara barb babs bärbel
benjamin ben benny
bernard bernie
bernhard bernd
catherine cathy kate katie cat cathryn
katherine kathy kate katie kat kathryn katharina
charles charlie chuck chas
charlotte charlie lottie
christian chris
christina chris tina christie
christopher chris kit topher
cornelius neil cor
daniel dan danny
david dave davy
deborah deb debbie debra
dolores lola
donald don donny
dorothy dot dottie
edward ed eddie ted ned
eduardo edu lalo
elizabeth liz beth betty eliza lizzie libby elisabeth
emanuel manny manu
eugene gene
ferdinand ferdi
francis frank fran
francisco paco pancho fran
franziska franzi
frederick fred freddie rick
gabriel gabe
gabriele gabi
gerald gerry jerry
gregory greg
guadalupe lupe
guillermo memo
günther günter
hannelore hanne
harold harry hal
heinrich heinz heiner
helen nell helena
henry harry hank
ignacio nacho
isabel isa bella
jacob jake
jacqueline jackie
james jim jimmy jamie
janet jan
jeffrey jeff geoff geoffrey
jennifer jen jenny jenn
jessica jess jessie
jesus chuy
joaquin quino
johannes hannes jan johan hans
john jack johnny jon
jonathan jon jonny
jose pepe
josefina pepa
joseph joe joey
josef sepp jupp
joshua josh
juan juancho
judith judy
karl-heinz kalle
kenneth ken kenny
kimberly kim
konstantin kostas
larry lawrence laurence
leonard leo len lenny
leopold leo poldi
louis lou
ludwig lutz wiggerl
madeleine maddie
magdalena lena magda
manuel manolo manu
margaret maggie meg peggy marge greta
margarete grete gretel
maria mary
matthew matt matty
matthias matt
maximilian max
megan meg
melissa mel lissa
mercedes merche
michael mike mick mickey mitch
mikhail misha
mohammed mohammad muhammad mohamed mohamad
natalie nat
nathaniel nathan nate nat
nicholas nick nicky
nicolas nick nico
nikolai kolya
nikolaus klaus niko
pamela pam
patricia pat patty trish tricia
patrick pat paddy
peter pete
petra peti
philip phil phillip
rafael rafa
raymond ray
rebecca becca becky
richard rick dick rich ricky
robert bob rob robbie bobby bert
roberto beto
ronald ron ronnie
rosario charo
rudolf rudi
samantha sam
samuel sam sammy
sebastian seb basti
sergio checo
stephanie steph
stephen steve stevie
steven steve stevie
stefan steff
susan sue susie suzie
susanne susi
tatiana tanya
terence terry
theodore ted theo teddy
theresa terry tess
thomas tom tommy
timothy tim timmy
ulrich uli ulli
valentina tina vale
veronica ronnie vera
victoria vicky tori
vincent vince vinnie
virginia ginny
vladimir vova volodya
walter walt wally
wilhelm willi
william bill will billy willy liam
wolfgang wolf wolfi
yevgeny zhenya
zachary zach zack
"""


def _read() -> dict[str, frozenset[int]]:
    of: dict[str, set[int]] = {}
    for number, line in enumerate(_GROUPS.strip().splitlines()):
        for name in line.split():
            of.setdefault(plain(name), set()).add(number)
    return {name: frozenset(numbers) for name, numbers in of.items()}


_OF = _read()
_NONE: frozenset[int] = frozenset()


def may_be_the_same(one: str, other: str) -> bool:
    """True when one plain given name is used for the other, or both for a third."""
    return not _OF.get(one, _NONE).isdisjoint(_OF.get(other, _NONE))
