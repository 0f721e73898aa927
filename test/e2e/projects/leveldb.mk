# A plain Makefile for leveldb's sources, which stay untouched: make -f leveldb.mk SRC=…/leveldb-1.20 (from an empty folder).
# It knows nothing of any farm.
SRC ?= leveldb-1.20
CXX ?= g++
CXXFLAGS ?= -O2
vpath %.cc $(SRC)

# db/c.cc and db_bench.cc do not fit the interface of this copy of leveldb.
UNITS := $(shell cd $(SRC) && find db helpers port table util -name '*.cc' ! -name '*_test.cc' ! -name c.cc ! -name db_bench.cc ! -name leveldbutil.cc | LC_ALL=C sort)
OBJECTS := $(UNITS:.cc=.o)

all: libleveldb.a leveldbutil

libleveldb.a: $(OBJECTS)
	rm -f $@
	$(AR) rcs $@ $(OBJECTS)

leveldbutil: %: db/%.o libleveldb.a
	$(CXX) $(CXXFLAGS) -o $@ $^ -pthread

%.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) -std=c++11 -pthread -DOS_LINUX -DLEVELDB_PLATFORM_POSIX -I$(SRC) -I$(SRC)/include -MMD -MP -c $< -o $@

.PHONY: all
.SECONDARY:
-include $(OBJECTS:.o=.d)
