# Every outside library, as an imported target dep::NAME. packages.txt names the Debian packages.
find_package(PkgConfig REQUIRED)

# calcade_pkg(NAME module): dep::NAME from pkg-config, its headers as system headers.
function(calcade_pkg name module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
  add_library(dep::${name} ALIAS PkgConfig::${name})
endfunction()

calcade_pkg(Nettle nettle)
calcade_pkg(LibYaml yaml-0.1)
calcade_pkg(Jansson jansson)
calcade_pkg(Png libpng)
calcade_pkg(Zlib zlib)
calcade_pkg(Xml libxml-2.0)
calcade_pkg(Hdf5 hdf5)
calcade_pkg(OpenBlas openblas)

# calcade_find(NAME header library): dep::NAME for a library without pkg-config; an empty library means headers only.
function(calcade_find name header library)
  find_path(${name}_INCLUDE ${header} PATH_SUFFIXES ${ARGN} REQUIRED)
  add_library(dep::${name} INTERFACE IMPORTED)
  target_include_directories(dep::${name} SYSTEM INTERFACE ${${name}_INCLUDE})
  if(library)
    find_library(${name}_LIBRARY ${library} REQUIRED)
    target_link_libraries(dep::${name} INTERFACE ${${name}_LIBRARY})
  endif()
endfunction()

calcade_find(Random123 Random123/philox.h "")
calcade_find(Dnnl dnnl.h dnnl)
calcade_find(Nifti nifti2_io.h nifti2 nifti)

# GDCM's own CMake files want its viewers installed too.
find_path(Gdcm_INCLUDE gdcmImageReader.h PATH_SUFFIXES gdcm-3.0 REQUIRED)
add_library(dep::Gdcm INTERFACE IMPORTED)
target_include_directories(dep::Gdcm SYSTEM INTERFACE ${Gdcm_INCLUDE})
foreach(part gdcmMSFF gdcmDSED gdcmCommon)
  find_library(Gdcm_${part} ${part} REQUIRED)
  target_link_libraries(dep::Gdcm INTERFACE ${Gdcm_${part}})
endforeach()

# calcade_cuda(folder): the CUDA runtime for a folder, where the toolkit is found (CALCADE_CUDA); never libcuda, which
# comes with a driver that a build machine need not have.
function(calcade_cuda folder)
  if(CALCADE_CUDA STREQUAL "OFF")
    return()
  endif()
  find_package(CUDAToolkit QUIET)
  if(CUDAToolkit_FOUND)
    message(STATUS "CUDA ${CUDAToolkit_VERSION}")
    target_compile_definitions(calcade_${folder} PRIVATE CC_HAVE_CUDA=1)
    target_include_directories(calcade_${folder} SYSTEM PRIVATE ${CUDAToolkit_INCLUDE_DIRS})
    target_link_libraries(calcade_${folder} PRIVATE CUDA::cudart_static)
  elseif(CALCADE_CUDA STREQUAL "ON")
    message(FATAL_ERROR "CALCADE_CUDA is ON, but no CUDA toolkit is found: put nvcc on the PATH, or set CUDAToolkit_ROOT")
  endif()
endfunction()
