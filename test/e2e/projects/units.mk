# Compiles the files named in UNITS (paths below SRC) with FLAGS, one object and one depfile each, into the current folder.
SRC ?= .
vpath %.cc $(SRC)
vpath %.c $(SRC)
OBJECTS := $(addsuffix .o,$(basename $(UNITS)))

libunits.a: $(OBJECTS)
	rm -f $@
	$(AR) rcs $@ $(OBJECTS)

%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(FLAGS) -I$(SRC) -MD -c $< -o $@

%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -I$(SRC) -MD -c $< -o $@
