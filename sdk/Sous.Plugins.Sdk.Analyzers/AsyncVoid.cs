using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sous.Plugins.Sdk.Analyzers;

/// <summary>Methods, local functions and lambdas that nobody can wait for.</summary>
internal static class AsyncVoid
{
    public static void CheckMethod(SymbolAnalysisContext context)
    {
        if (context.Symbol is IMethodSymbol { IsAsync: true, ReturnsVoid: true } method)
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.AsyncVoid, method.Locations.FirstOrDefault(), method.Name));
        }
    }

    public static void CheckFunction(OperationAnalysisContext context)
    {
        var function = context.Operation switch
        {
            ILocalFunctionOperation local => local.Symbol,
            IAnonymousFunctionOperation lambda => lambda.Symbol,
            _ => null,
        };
        if (function is { IsAsync: true, ReturnsVoid: true })
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.AsyncVoid, context.Operation.Syntax.GetLocation(), function.Name.Length > 0 ? function.Name : "this lambda"));
        }
    }
}
