using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Sous.Plugins.Sdk.Analyzers;

/// <summary>That the assembly names a driver, and that its factory can be made.</summary>
internal static class FactoryCheck
{
    public static void Check(CompilationAnalysisContext context, INamedTypeSymbol attribute)
    {
        var written = context.Compilation.Assembly.GetAttributes().FirstOrDefault(data => SymbolEqualityComparer.Default.Equals(data.AttributeClass, attribute));
        if (written is null)
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.NoAttribute, Location.None));
        }
        else if (written.ConstructorArguments.Length == 2 && written.ConstructorArguments[1].Value is INamedTypeSymbol factory && !CanBeMade(factory))
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.WrongFactory, written.ApplicationSyntaxReference?.GetSyntax(context.CancellationToken).GetLocation() ?? Location.None, factory.ToDisplayString()));
        }
    }

    private static bool CanBeMade(INamedTypeSymbol factory)
        => factory is { TypeKind: TypeKind.Class, IsAbstract: false, IsGenericType: false, DeclaredAccessibility: Accessibility.Public, ContainingType: null }
            && factory.InstanceConstructors.Any(constructor => constructor is { Parameters.Length: 0, DeclaredAccessibility: Accessibility.Public })
            && factory.AllInterfaces.Any(face => face.Name == "IDriverFactory" && face.ContainingNamespace.ToDisplayString() == "Sous.Plugins.Sdk");
}
