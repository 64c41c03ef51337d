using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sous.Plugins.Sdk.Analyzers;

/// <summary>Looks at the projects of drivers: those that reference the SDK, unless they say that they are none.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp, LanguageNames.VisualBasic)]
public sealed class DriverAnalyzer : DiagnosticAnalyzer
{
    private const string Attribute = "Sous.Plugins.Sdk.SousDriverAttribute";

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        [Rules.NoAttribute, Rules.PastTheHost, Rules.AsyncVoid, Rules.Blocking, Rules.EndsProcess, Rules.SharedState, Rules.OwnClock, Rules.WrongFactory];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        if (context is null)
        {
            throw new ArgumentNullException(nameof(context));
        }

        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(Start);
    }

    private static void Start(CompilationStartAnalysisContext context)
    {
        var isDriver = !context.Options.AnalyzerConfigOptionsProvider.GlobalOptions.TryGetValue("build_property.IsSousDriver", out var said) || !said.Equals("false", StringComparison.OrdinalIgnoreCase);
        if (!isDriver || context.Compilation.GetTypeByMetadataName(Attribute) is not { } attribute)
        {
            return;
        }

        context.RegisterCompilationEndAction(end => FactoryCheck.Check(end, attribute));
        context.RegisterOperationAction(ForbiddenUse.Check, OperationKind.ObjectCreation, OperationKind.Invocation, OperationKind.PropertyReference, OperationKind.MethodReference);
        context.RegisterSymbolAction(AsyncVoid.CheckMethod, SymbolKind.Method);
        context.RegisterOperationAction(AsyncVoid.CheckFunction, OperationKind.LocalFunction, OperationKind.AnonymousFunction);
        context.RegisterSymbolAction(SharedState.CheckMember, SymbolKind.Field, SymbolKind.Property);
        context.RegisterOperationAction(SharedState.CheckCall, OperationKind.Invocation);
        context.RegisterOperationAction(SharedState.CheckAssignment, OperationKind.SimpleAssignment, OperationKind.CompoundAssignment, OperationKind.CoalesceAssignment, OperationKind.Increment, OperationKind.Decrement);
    }
}
