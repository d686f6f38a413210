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
# Its versions 2 and 3 have one source file each; the other is left out.
file(STRINGS ${Dnnl_INCLUDE}/oneapi/dnnl/dnnl_version.h onednn_major REGEX "define DNNL_VERSION_MAJOR ")
string(REGEX REPLACE "[^0-9]" "" onednn_major "${onednn_major}")
if(onednn_major EQUAL 2)
  set(CALCADE_OTHER_ONEDNN backends/cpu/onednn3.c)
elseif(onednn_major EQUAL 3)
  set(CALCADE_OTHER_ONEDNN backends/cpu/onednn2.c)
else()
  message(FATAL_ERROR "oneDNN ${onednn_major} (${Dnnl_INCLUDE}/oneapi/dnnl/dnnl_version.h) is neither 2.x nor 3.x: nets/backends/cpu/onednn_library.h says what a file for it must hold")
endif()
calcade_find(Nifti nifti2_io.h nifti2 nifti)

# GDCM's own CMake files want its viewers installed too.
find_path(Gdcm_INCLUDE gdcmImageReader.h PATH_SUFFIXES gdcm-3.0 REQUIRED)
add_library(dep::Gdcm INTERFACE IMPORTED)
target_include_directories(dep::Gdcm SYSTEM INTERFACE ${Gdcm_INCLUDE})
foreach(part gdcmMSFF gdcmDSED gdcmCommon)
  find_library(Gdcm_${part} ${part} REQUIRED)
  target_link_libraries(dep::Gdcm INTERFACE ${Gdcm_${part}})
endforeach()

# CUDA, where its toolkit and the headers of cuDNN and cuBLAS are found (CALCADE_CUDA); never libcuda, which comes with a
# driver that a build machine need not have. cuDNN and cuBLAS themselves are loaded when they are first used.
if(NOT CALCADE_CUDA STREQUAL "OFF")
  find_package(CUDAToolkit QUIET)
  find_path(CUDNN_INCLUDE cudnn.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_path(CUBLAS_INCLUDE cublasLt.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  set(cudnn_version 0)
  if(CUDNN_INCLUDE AND EXISTS ${CUDNN_INCLUDE}/cudnn_version.h)
    file(STRINGS ${CUDNN_INCLUDE}/cudnn_version.h cudnn_lines REGEX "^#define CUDNN_(MAJOR|MINOR) ")
    string(REGEX REPLACE "[^0-9]*([0-9]+)[^0-9]+([0-9]+)" "\\1.\\2" cudnn_version "${cudnn_lines}")
  endif()
  if(CUDAToolkit_FOUND AND CUBLAS_INCLUDE AND cudnn_version VERSION_GREATER_EQUAL 9.8)
    message(STATUS "CUDA ${CUDAToolkit_VERSION}, cuDNN ${cudnn_version} of ${CUDNN_INCLUDE}, cuBLAS of ${CUBLAS_INCLUDE}")
    if(NOT CMAKE_CUDA_COMPILER)
      set(CMAKE_CUDA_COMPILER ${CUDAToolkit_NVCC_EXECUTABLE})
    endif()
    set(CMAKE_CUDA_ARCHITECTURES OFF) # calcade_cuda names them
    set(CMAKE_CUDA_STANDARD 20)
    enable_language(CUDA)
    set(CALCADE_HAVE_CUDA ON)
  elseif(CALCADE_CUDA STREQUAL "ON")
    message(FATAL_ERROR "CALCADE_CUDA is ON, but no CUDA toolkit with cudnn.h of 9.8 or later and cublasLt.h is found (${CUDAToolkit_INCLUDE_DIRS}; ${CUDNN_INCLUDE}, ${cudnn_version}; ${CUBLAS_INCLUDE}): put nvcc on the PATH, or set CUDAToolkit_ROOT, CUDNN_INCLUDE and CUBLAS_INCLUDE")
  elseif(CUDAToolkit_FOUND)
    message(STATUS "CUDA ${CUDAToolkit_VERSION} is left out: cudnn.h of 9.8 or later (${CUDNN_INCLUDE}, ${cudnn_version}) and cublasLt.h (${CUBLAS_INCLUDE}) are both needed")
  endif()
endif()

# calcade_cuda(folder): a folder's .cu files, some together (CALCADE_CUDA_UNITS: the files that include them), and the CUDA
# runtime, where there is CUDA.
function(calcade_cuda folder)
  file(GLOB_RECURSE kernels CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cu)
  # Beside others nvcc makes branches of this one's selections between values: it stays by itself.
  list(FILTER kernels EXCLUDE REGEX /activation_cuda.cu$)
  calcade_units(units ${folder} 6 ${kernels})
  list(APPEND units ${CMAKE_SOURCE_DIR}/nets/ops/activation/activation_cuda.cu)
  set(CALCADE_CUDA_UNITS ${units} PARENT_SCOPE)
  if(NOT CALCADE_HAVE_CUDA)
    return()
  endif()
  add_library(calcade_kernels OBJECT ${units})
  # Nothing in a kernel asks for more than compute capability 8.0 has: one PTX, assembled for each major version (8.6 and 8.9 run
  # the code of 8.0), and kept for later ones. Of 8.0 the driver makes what is not assembled, when the program starts.
  if(CALCADE_CUDA_ALL_GPUS)
    target_compile_options(calcade_kernels PRIVATE --generate-code=arch=compute_75,code=[sm_75]
      --generate-code=arch=compute_80,code=[compute_80,sm_80,sm_90])
  else()
    # Proves that kernels compile, and no more: with a third of the work they would be slow, and differ in the last bit from
    # those of a whole build, so that the program refuses to run them (nets/backends/cuda/probe.c).
    target_compile_options(calcade_kernels PRIVATE --generate-code=arch=compute_80,code=[compute_80,sm_90])
    if(CUDAToolkit_VERSION VERSION_GREATER_EQUAL 13.0)
      target_compile_options(calcade_kernels PRIVATE -Ofc=max)
      target_compile_definitions(calcade_${folder} PRIVATE CC_KERNELS_UNOPTIMISED=1)
    endif()
  endif()
  target_compile_options(calcade_kernels PRIVATE -Xcompiler=-O1,-Wall,-Wextra,-Wno-missing-field-initializers) # host code only starts kernels
  target_include_directories(calcade_kernels PRIVATE ${CMAKE_BINARY_DIR}/include/${folder} ${CMAKE_BINARY_DIR}/include/core)
  target_sources(calcade_${folder} PRIVATE $<TARGET_OBJECTS:calcade_kernels>)
  set_target_properties(calcade_${folder} PROPERTIES LINKER_LANGUAGE CXX)
  target_compile_definitions(calcade_${folder} PRIVATE CC_HAVE_CUDA=1)
  target_include_directories(calcade_${folder} SYSTEM PRIVATE ${CUDAToolkit_INCLUDE_DIRS} ${CUDNN_INCLUDE} ${CUBLAS_INCLUDE})
  target_link_libraries(calcade_${folder} PRIVATE CUDA::cudart_static ${CMAKE_DL_LIBS})
endfunction()
