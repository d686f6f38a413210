# calcade_module(FOLDER DEPENDS folder... EXTERNAL library... EXCEPT file...): the static library calcade_FOLDER of every
# source below FOLDER/ but the files named. Its headers are seen as "FOLDER/header.h" by itself and by the folders that depend
# on it, through a link of that name in the build tree, so that a forbidden include does not compile. A FOLDER may be of two
# levels: experiments/config is the library calcade_experiments_config.
add_library(calcade_flags INTERFACE)
target_compile_options(calcade_flags INTERFACE $<$<COMPILE_LANGUAGE:C,CXX>:-Wall -Wextra -fno-math-errno -fno-trapping-math $<$<BOOL:${CALCADE_WERROR}>:-Werror>>
  $<$<COMPILE_LANG_AND_ID:C,GNU>:-Wno-format-truncation> $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-format-truncation>
  # As gcc does: products and sums joined wherever they meet, and 16 floats in one register where there are such.
  $<$<COMPILE_LANG_AND_ID:C,Clang>:-ffp-contract=fast -mprefer-vector-width=512>
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wshadow>)
# Before version 17 clang leaves the functions that choose a clone of a static one (core/hot.h) global, under one name.
if(CMAKE_C_COMPILER_ID STREQUAL "Clang" AND CMAKE_C_COMPILER_VERSION VERSION_LESS 17)
  set(CMAKE_C_COMPILE_OBJECT "${CMAKE_C_COMPILE_OBJECT}" "${CMAKE_OBJCOPY} --wildcard --localize-symbol=*.resolver <OBJECT>")
endif()
target_compile_definitions(calcade_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
if(CALCADE_SANITIZE)
  # Left out: checks of each pointer before it is used, which take much of the time of building and of running. An access through
  # a wrong one is what AddressSanitizer stops.
  # Compiled for the processor that it is built on, as core/hot.h has no copies for newer ones here.
  target_compile_options(calcade_flags INTERFACE -fsanitize=address,undefined -fno-sanitize=null,object-size
    -fno-sanitize-recover=undefined -fno-omit-frame-pointer -march=native)
  # AddressSanitizer's dlopen is the caller of the system's: an RPATH holds for it, a RUNPATH would not.
  target_link_options(calcade_flags INTERFACE -fsanitize=address,undefined -Wl,--disable-new-dtags)
  target_compile_definitions(calcade_flags INTERFACE CC_SANITIZED=1)
endif()
if(CALCADE_FUZZ)
  # Counts the edges that an input takes, which keeps some loops from being vectorised.
  target_compile_options(calcade_flags INTERFACE -fsanitize=fuzzer-no-link -Wno-pass-failed)
endif()
# OpenMP's own synchronisation is not compiled with it, and what it orders looks like races: such a build is run with
# OMP_NUM_THREADS=1, which leaves the threads of the loaders, of heartbeats and of jobs (tests/tsan.supp).
if(CALCADE_SANITIZE_THREADS)
  target_compile_options(calcade_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer -march=native)
  target_link_options(calcade_flags INTERFACE -fsanitize=thread)
  target_compile_definitions(calcade_flags INTERFACE CC_SANITIZED=1)
endif()
# Counted in files beside the objects, by threads too; copies of a function for newer processors would share counters.
if(CALCADE_COVERAGE)
  target_compile_options(calcade_flags INTERFACE --coverage -fprofile-update=atomic -march=native)
  target_link_options(calcade_flags INTERFACE --coverage)
  target_compile_definitions(calcade_flags INTERFACE CC_SANITIZED=1)
endif()
find_package(OpenMP REQUIRED COMPONENTS C)
find_package(Threads REQUIRED)

function(calcade_module folder)
  string(REPLACE "/" "_" name ${folder})
  cmake_parse_arguments(M "" "" "DEPENDS;EXTERNAL;EXCEPT" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.c ${CMAKE_SOURCE_DIR}/${folder}/*.cpp)
  list(TRANSFORM M_EXCEPT PREPEND ${CMAKE_SOURCE_DIR}/${folder}/)
  list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/${folder}/main.c ${M_EXCEPT})
  set(view ${CMAKE_BINARY_DIR}/include/${name})
  get_filename_component(above ${view}/${folder} DIRECTORY)
  file(MAKE_DIRECTORY ${above})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder} ${view}/${folder} SYMBOLIC)
  add_library(calcade_${name} STATIC ${sources})
  target_include_directories(calcade_${name} PUBLIC ${view})
  list(TRANSFORM M_DEPENDS REPLACE "/" "_")
  list(TRANSFORM M_DEPENDS PREPEND calcade_)
  list(TRANSFORM M_EXTERNAL PREPEND dep::)
  target_link_libraries(calcade_${name} PUBLIC ${M_DEPENDS} calcade_flags m PRIVATE ${M_EXTERNAL} OpenMP::OpenMP_C Threads::Threads)
endfunction()

# calcade_units(VARIABLE FOLDER COUNT FILE...): COUNT files that each include some of the FILEs, in UNITS of the build tree: one
# compilation reads headers once, and for small files these take most of it. The largest files are dealt out first, in turns
# there and back, so that the units take about as long. (CMake's own UNITY_BUILD knows CUDA only from 3.31 on.)
function(calcade_units variable folder count)
  set(sized "")
  foreach(file ${ARGN})
    file(SIZE ${file} size)
    math(EXPR size "1000000 + ${size}") # of as many digits: what sorts as text sorts as a number
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR} ${file})
    list(APPEND sized "${size} ${name}")
  endforeach()
  list(SORT sized ORDER DESCENDING)
  set(turn 0)
  math(EXPR round "2 * ${count}")
  foreach(file ${sized})
    math(EXPR unit "${turn} % ${round}")
    if(unit GREATER_EQUAL count)
      math(EXPR unit "${round} - 1 - ${unit}")
    endif()
    math(EXPR turn "${turn} + 1")
    string(REGEX REPLACE "^[0-9]+ " "" file ${file})
    string(APPEND includes_${unit} "#include \"${file}\"\n")
  endforeach()
  set(units "")
  math(EXPR last "${count} - 1")
  foreach(unit RANGE ${last})
    set(path ${CMAKE_BINARY_DIR}/units/${folder}_${unit}.cu)
    file(CONFIGURE OUTPUT ${path} CONTENT "@includes_${unit}@" @ONLY)
    list(APPEND units ${path})
  endforeach()
  set(${variable} ${units} PARENT_SCOPE)
endfunction()

# calcade_loaded(NAME FOLDER file EXTERNAL...): NAME.so of FOLDER/file, with these libraries: what FOLDER loads itself, when it is
# first needed (dlopen). It lies at the top of the build tree, where every program of it looks, and is installed into lib/calcade.
set(CMAKE_BUILD_RPATH ${CMAKE_BINARY_DIR})
include(GNUInstallDirs)
function(calcade_loaded name folder file)
  add_library(${name} MODULE ${CMAKE_SOURCE_DIR}/${folder}/${file})
  set_target_properties(${name} PROPERTIES PREFIX "" INSTALL_RPATH_USE_LINK_PATH ON)
  target_include_directories(${name} PRIVATE $<TARGET_PROPERTY:calcade_${folder},INTERFACE_INCLUDE_DIRECTORIES>
    $<TARGET_PROPERTY:calcade_core,INTERFACE_INCLUDE_DIRECTORIES>)
  target_link_libraries(${name} PRIVATE calcade_flags)
  foreach(library ${ARGN})
    target_link_libraries(${name} PRIVATE dep::${library})
  endforeach()
  add_dependencies(calcade_${folder} ${name})
  target_link_libraries(calcade_${folder} PRIVATE ${CMAKE_DL_LIBS})
  # Sanitizers' functions for C++ are in the program, which is therefore linked as one of C++.
  set_target_properties(calcade_${folder} PROPERTIES LINKER_LANGUAGE CXX)
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/calcade)
endfunction()

# calcade_program(NAME FOLDER): the program of FOLDER/main.c, left at the top of the build tree.
function(calcade_program name folder)
  add_executable(${name} ${CMAKE_SOURCE_DIR}/${folder}/main.c)
  string(REPLACE "/" "_" library ${folder})
  target_link_libraries(${name} PRIVATE calcade_${library})
endfunction()

# calcade_portable(NAME FOLDER): the same program as the target NAME_portable, portable/NAME in the build tree, which looks for its
# libraries in ../lib beside it (cmake/tarball). An RPATH, not a RUNPATH, as that holds for the libraries of its libraries too.
function(calcade_portable name folder)
  add_executable(${name}_portable EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/${folder}/main.c)
  string(REPLACE "/" "_" library ${folder})
  target_link_libraries(${name}_portable PRIVATE calcade_${library})
  target_link_options(${name}_portable PRIVATE -Wl,--disable-new-dtags)
  set_target_properties(${name}_portable PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/portable
    BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "\$ORIGIN/../lib;\$ORIGIN/../${CMAKE_INSTALL_LIBDIR}/calcade")
endfunction()

# calcade_install(name folder): what `cmake --install` puts below its prefix: bin/NAME, which finds its libraries where they
# were when it was built, the folder as share/NAME/FOLDER, completion of shells, and the manual page.
function(calcade_install name folder)
  set_target_properties(${name} PROPERTIES INSTALL_RPATH "\$ORIGIN/../${CMAKE_INSTALL_LIBDIR}/calcade" INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_DATADIR}/${name})
  install(FILES ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
  # Where Debian's bash, zsh, fish and man look. The program itself writes them, when it is installed.
  foreach(page "completion bash:bash-completion/completions/${name}" "completion zsh:zsh/vendor-completions/_${name}"
               "completion fish:fish/vendor_completions.d/${name}.fish" "man:man/man1/${name}.1")
    string(REGEX MATCH "^([^:]*):(.*)/([^/]*)$" _ ${page})
    set(file ${CMAKE_BINARY_DIR}/share/${CMAKE_MATCH_3})
    install(CODE "file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/share)
      execute_process(COMMAND $<TARGET_FILE:${name}> ${CMAKE_MATCH_1} OUTPUT_FILE ${file} COMMAND_ERROR_IS_FATAL ANY)")
    install(FILES ${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/${CMAKE_MATCH_2})
  endforeach()
endfunction()

# calcade_build_info(FOLDER...): "build_info.h" for the sources of these folders: commit, build type, compiler.
function(calcade_build_info)
  set(dir ${CMAKE_BINARY_DIR}/include/build_info)
  set(type ${CMAKE_BUILD_TYPE})
  if(CALCADE_SANITIZE)
    string(APPEND type ", sanitized")
  endif()
  add_custom_target(calcade_build_info BYPRODUCTS ${dir}/build_info.h
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DOUT=${dir}/build_info.h "-DTYPE=${type}"
            "-DCOMPILER=${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}" -P ${CMAKE_SOURCE_DIR}/cmake/BuildInfo.cmake)
  foreach(folder ${ARGN})
    string(REPLACE "/" "_" name ${folder})
    add_dependencies(calcade_${name} calcade_build_info)
    target_include_directories(calcade_${name} PRIVATE ${dir})
  endforeach()
endfunction()

# calcade_embed(NAME file): the text of NAME/file, or of a file that is given with its folder, as
# cc_embedded_<its name, '.' as '_'>, a string inside calcade_NAME, so that the program finds it wherever it runs.
function(calcade_embed name file)
  set(source ${CMAKE_SOURCE_DIR}/${name}/${file})
  if(file MATCHES "/")
    set(source ${CMAKE_SOURCE_DIR}/${file})
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  get_filename_component(symbol ${source} NAME)
  string(REPLACE "." "_" symbol ${symbol})
  file(READ ${source} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/embedded/${symbol}.c CONTENT
    "extern const char cc_embedded_${symbol}[];\nconst char cc_embedded_${symbol}[] = {@bytes@0};\n" @ONLY)
  target_sources(calcade_${name} PRIVATE ${CMAKE_BINARY_DIR}/embedded/${symbol}.c)
endfunction()
