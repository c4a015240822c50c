# Writes OUTPUT, a source that holds the git revision of SOURCE_DIR. Run at build time. Another user may
# own the checkout, which git would refuse to read.
execute_process(COMMAND git -c safe.directory=* -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude=*
                OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE
                ERROR_QUIET RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  set(revision unknown)
endif()
file(WRITE ${OUTPUT} "namespace papilio {
extern const char* const kGitRevision;
const char* const kGitRevision = \"${revision}\";
}  // namespace papilio
")
