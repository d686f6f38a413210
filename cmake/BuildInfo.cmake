# Run at every build: writes OUT with the commit of the sources, so that provenance is never out of date.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=40 --exclude=* OUTPUT_VARIABLE commit
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR commit STREQUAL "")
  set(commit "unknown")
endif()
set(text "/* Made by cmake/BuildInfo.cmake. */
#define CC_BUILD_COMMIT \"${commit}\"
#define CC_BUILD_TYPE \"${TYPE}\"
#define CC_BUILD_COMPILER \"${COMPILER}\"
")
if(EXISTS ${OUT})
  file(READ ${OUT} old)
endif()
if(NOT "${old}" STREQUAL "${text}")
  file(WRITE ${OUT} "${text}")
endif()
