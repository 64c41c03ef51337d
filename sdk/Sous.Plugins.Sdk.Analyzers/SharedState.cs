using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sous.Plugins.Sdk.Analyzers;

/// <summary>Static fields that can be set, and static collections that are changed after they were made.</summary>
internal static class SharedState
{
    private const string Collections = "System.Collections";

    private static readonly HashSet<string> s_changes =
    [
        "Add", "AddRange", "AddOrUpdate", "Clear", "Dequeue", "Enqueue", "ExceptWith", "GetOrAdd", "Insert", "IntersectWith", "Pop", "Push", "Remove", "RemoveAll", "RemoveAt",
        "Sort", "TryAdd", "TryDequeue", "TryPop", "TryRemove", "TryTake", "TryUpdate", "UnionWith",
    ];

    public static void CheckMember(SymbolAnalysisContext context)
    {
        var (changes, symbol) = context.Symbol switch
        {
            IFieldSymbol { IsStatic: true, IsConst: false, IsImplicitlyDeclared: false } field => (!field.IsReadOnly, (ISymbol)field),
            IPropertySymbol { IsStatic: true, SetMethod: not null } property => (HasField(property), property),
            _ => (false, context.Symbol),
        };
        if (changes)
        {
            Report(context.ReportDiagnostic, symbol, symbol.Locations.FirstOrDefault());
        }
    }

    public static void CheckCall(OperationAnalysisContext context)
    {
        if (context.Operation is IInvocationOperation { Instance: { } instance, TargetMethod: { } method } && s_changes.Contains(method.Name) && IsCollection(method.ContainingType))
        {
            CheckUse(context, instance);
        }
    }

    public static void CheckAssignment(OperationAnalysisContext context)
    {
        var target = context.Operation switch
        {
            IAssignmentOperation assignment => assignment.Target,
            IIncrementOrDecrementOperation increment => increment.Target,
            _ => null,
        };
        switch (target)
        {
            case IArrayElementReferenceOperation element:
                CheckUse(context, element.ArrayReference);
                break;
            case IPropertyReferenceOperation { Property.IsIndexer: true, Instance: { } instance } indexer when IsCollection(indexer.Property.ContainingType):
                CheckUse(context, instance);
                break;
        }
    }

    /// <summary>What a static constructor does to a collection is how it is made.</summary>
    private static void CheckUse(OperationAnalysisContext context, IOperation collection)
    {
        var member = collection switch
        {
            IFieldReferenceOperation { Field.IsStatic: true } field => (ISymbol)field.Field,
            IPropertyReferenceOperation { Property.IsStatic: true } property => property.Property,
            _ => null,
        };
        if (member is not null && context.ContainingSymbol is not IMethodSymbol { MethodKind: MethodKind.StaticConstructor })
        {
            Report(context.ReportDiagnostic, member, context.Operation.Syntax.GetLocation());
        }
    }

    private static void Report(Action<Diagnostic> report, ISymbol member, Location? location)
        => report(Diagnostic.Create(Rules.SharedState, location, $"{member.ContainingType?.Name}.{member.Name}"));

    private static bool HasField(IPropertySymbol property)
        => property.ContainingType.GetMembers().OfType<IFieldSymbol>().Any(field => SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, property));

    private static bool IsCollection(INamedTypeSymbol? type)
        => type?.ContainingNamespace?.ToDisplayString() is { } space && space.StartsWith(Collections, StringComparison.Ordinal) && !space.EndsWith("Immutable", StringComparison.Ordinal) && !space.EndsWith("Frozen", StringComparison.Ordinal);
}
