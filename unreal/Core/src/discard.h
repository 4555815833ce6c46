// Forgetting what threads recorded while nothing ran.
#pragma once

namespace micromegas {

// Only their shares in property sets are given back. Call sites are not looked at: the library that
// had them may be gone.
void discard_leftovers();

}  // namespace micromegas
