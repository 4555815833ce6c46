# Installs the library from BUILD, then builds and runs the program in SOURCE against it.
set(PREFIX ${BUILD}/package/prefix)
set(PROGRAM ${BUILD}/package/program)
foreach(command
    "${CMAKE_COMMAND};--install;${BUILD};--prefix;${PREFIX}"
    "${CMAKE_COMMAND};-S;${SOURCE};-B;${PROGRAM};-DCMAKE_PREFIX_PATH=${PREFIX}"
    "${CMAKE_COMMAND};--build;${PROGRAM}"
    "${PROGRAM}/program")
  execute_process(COMMAND ${command} COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
endforeach()
