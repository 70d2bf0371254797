// Debian builds libxml2 with ICU, whose types clash with the copy inside Foundation. Only
// encoding.h looks at this switch, for members that nothing here touches.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xmlerror.h>
