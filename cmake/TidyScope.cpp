// A plugin of clang-tidy 14 that spares it the declarations of system headers. Its matchers would
// walk them for two thirds of the time, and what they find there is thrown away. (Clang-tidy 21
// does this itself.)
#include <clang-tidy/ClangTidyCheck.h>
#include <clang-tidy/ClangTidyModule.h>
#include <clang-tidy/ClangTidyModuleRegistry.h>
#include <clang/AST/ASTContext.h>
#include <clang/ASTMatchers/ASTMatchFinder.h>

#include <vector>

namespace papilio {

namespace tidy = clang::tidy;
using clang::ast_matchers::MatchFinder;

/// Finds nothing: narrows what the other checks walk to the declarations outside system headers. It
/// matches the whole translation unit, at which Clang's visitor looks before it asks for the scope.
/// misc-no-recursion, which .clang-tidy leaves out, would miss calls of ours that only a template
/// of a system header makes: a check that builds the unit's call graph cannot be switched on beside
/// this one.
class OwnDeclarations : public tidy::ClangTidyCheck {
 public:
  using ClangTidyCheck::ClangTidyCheck;

  void registerMatchers(MatchFinder* finder) override {
    finder->addMatcher(clang::ast_matchers::translationUnitDecl().bind("unit"), this);
  }

  void check(const MatchFinder::MatchResult& result) override {
    const auto* unit = result.Nodes.getNodeAs<clang::TranslationUnitDecl>("unit");
    const clang::SourceManager& sources = *result.SourceManager;
    std::vector<clang::Decl*> own;
    for (clang::Decl* declaration : unit->decls()) {
      const clang::SourceLocation place = sources.getExpansionLoc(declaration->getLocation());
      // What the compiler declares itself has no place.
      if (place.isValid() && !sources.isInSystemHeader(place)) own.push_back(declaration);
    }
    result.Context->setTraversalScope(own);
  }
};

class TidyScope : public tidy::ClangTidyModule {
 public:
  void addCheckFactories(tidy::ClangTidyCheckFactories& factories) override {
    factories.registerCheck<OwnDeclarations>("papilio-own-declarations");
  }
};

const tidy::ClangTidyModuleRegistry::Add<TidyScope> kRegistered("papilio",
                                                                "Walks our declarations only");

}  // namespace papilio
