using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sous.Plugins.Sdk.Analyzers;

/// <summary>Types and members that a driver has no use for, since the host lends it better ones.</summary>
internal static class ForbiddenUse
{
    private const string Awaiters = "System.Runtime.CompilerServices.";

    private static readonly HashSet<string> s_connections =
    [
        "System.Net.Http.HttpClient", "System.Net.Http.SocketsHttpHandler", "System.Net.Http.HttpClientHandler", "System.Net.WebClient",
        "System.Net.Sockets.Socket", "System.Net.Sockets.TcpClient", "System.Net.Sockets.UdpClient", "System.Net.WebSockets.ClientWebSocket",
    ];

    private static readonly Dictionary<string, DiagnosticDescriptor> s_members = new(StringComparer.Ordinal)
    {
        ["System.Net.WebRequest.Create"] = Rules.PastTheHost,
        ["System.Net.WebRequest.CreateHttp"] = Rules.PastTheHost,
        ["System.Environment.Exit"] = Rules.EndsProcess,
        ["System.Environment.FailFast"] = Rules.EndsProcess,
        ["System.Diagnostics.Process.Kill"] = Rules.EndsProcess,
        ["System.DateTime.Now"] = Rules.OwnClock,
        ["System.DateTime.UtcNow"] = Rules.OwnClock,
        ["System.DateTime.Today"] = Rules.OwnClock,
        ["System.DateTimeOffset.Now"] = Rules.OwnClock,
        ["System.DateTimeOffset.UtcNow"] = Rules.OwnClock,
        ["System.TimeProvider.System"] = Rules.OwnClock,
        ["System.Threading.Tasks.Task.Result"] = Rules.Blocking,
        ["System.Threading.Tasks.ValueTask.Result"] = Rules.Blocking,
        ["System.Threading.Tasks.Task.Wait"] = Rules.Blocking,
        ["System.Threading.Tasks.Task.WaitAll"] = Rules.Blocking,
        ["System.Threading.Tasks.Task.WaitAny"] = Rules.Blocking,
        ["System.Threading.Thread.Sleep"] = Rules.Blocking,
        ["System.Threading.Thread.Join"] = Rules.Blocking,
        ["System.Threading.SemaphoreSlim.Wait"] = Rules.Blocking,
        ["System.Threading.ManualResetEventSlim.Wait"] = Rules.Blocking,
        ["System.Threading.CountdownEvent.Wait"] = Rules.Blocking,
        ["System.Threading.Monitor.Wait"] = Rules.Blocking,
        ["System.Threading.WaitHandle.WaitOne"] = Rules.Blocking,
        ["System.Threading.WaitHandle.WaitAll"] = Rules.Blocking,
        ["System.Threading.WaitHandle.WaitAny"] = Rules.Blocking,
        ["System.Threading.SpinWait.SpinUntil"] = Rules.Blocking,
        ["System.Collections.Concurrent.BlockingCollection.Take"] = Rules.Blocking,
    };

    public static void Check(OperationAnalysisContext context)
    {
        var (rule, name) = context.Operation switch
        {
            IObjectCreationOperation creation => (CreationRule(creation), $"new {creation.Type?.Name}"),
            IInvocationOperation { TargetMethod: { } method } => (RuleOf(method), NameOf(method)),
            IMethodReferenceOperation { Method: { } method } => (RuleOf(method), NameOf(method)),
            IPropertyReferenceOperation { Property: { } property } => (RuleOf(property), NameOf(property)),
            _ => (null, ""),
        };
        if (rule is not null)
        {
            context.ReportDiagnostic(Diagnostic.Create(rule, context.Operation.Syntax.GetLocation(), name));
        }
    }

    /// <summary>A client over a handler that was given is the way for client libraries; a handler made for it is seen by itself.</summary>
    private static DiagnosticDescriptor? CreationRule(IObjectCreationOperation creation)
        => creation.Type is { } type && s_connections.Contains(FullName(type)) && !(type.Name == "HttpClient" && creation.Arguments.Length > 0) ? Rules.PastTheHost : null;

    private static DiagnosticDescriptor? RuleOf(ISymbol member)
    {
        if (member.ContainingType is not { } type)
        {
            return null;
        }

        var owner = FullName(type);
        return s_members.TryGetValue($"{owner}.{member.Name}", out var rule) ? rule
            : member.Name == "GetResult" && owner.StartsWith(Awaiters, StringComparison.Ordinal) && owner.EndsWith("Awaiter", StringComparison.Ordinal) ? Rules.Blocking
            : null;
    }

    private static string NameOf(ISymbol member) => $"{member.ContainingType?.Name}.{member.Name}";

    /// <summary>Without type arguments, as in <c>System.Threading.Tasks.Task</c> for a task of anything.</summary>
    private static string FullName(ITypeSymbol type) => type.ContainingType is { } outer ? $"{FullName(outer)}.{type.Name}" : $"{type.ContainingNamespace?.ToDisplayString()}.{type.Name}";
}
