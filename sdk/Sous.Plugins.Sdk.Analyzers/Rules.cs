using Microsoft.CodeAnalysis;

namespace Sous.Plugins.Sdk.Analyzers;

/// <summary>The rules: what is wrong, and what to do instead. README.md has them as a table.</summary>
internal static class Rules
{
    public static readonly DiagnosticDescriptor NoAttribute = new(
        "SOUS001", "No [assembly: SousDriver]",
        "No host knows this assembly: it has no [assembly: SousDriver]. Add [assembly: SousDriver(\"id\", typeof(YourFactory))], or set <IsSousDriver>false</IsSousDriver> where this is no driver.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, customTags: WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor PastTheHost = Warning(
        "SOUS002", "A connection past the host",
        "{0} goes past the host, which would authorize it, keep it within the service's limits and to the manifest's hosts. Use DriverContext.Http, or build a client library's own client over DriverContext.HttpHandler.");

    public static readonly DiagnosticDescriptor AsyncVoid = Warning(
        "SOUS003", "async void",
        "What {0} throws reaches no caller and counts as the driver's defect: it is async void. Return a Task and await it.");

    public static readonly DiagnosticDescriptor Blocking = Warning(
        "SOUS004", "A blocking wait",
        "{0} holds a thread that all drivers of the host share. Await instead.");

    public static readonly DiagnosticDescriptor EndsProcess = new(
        "SOUS005", "Ends the host's process",
        "{0} ends the host and the work of every tenant with it. Throw a DriverException.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true);

    public static readonly DiagnosticDescriptor SharedState = Warning(
        "SOUS006", "State that all connections share",
        "{0} is static and changes: connections of different tenants share it, and a checkpoint knows nothing of it. Keep it in the driver's instance, or in the checkpoint.");

    public static readonly DiagnosticDescriptor OwnClock = Warning(
        "SOUS007", "A clock of its own",
        "{0} takes the time from the machine. Ask DriverContext.Clock, which tests can set.");

    public static readonly DiagnosticDescriptor WrongFactory = new(
        "SOUS008", "A factory that no host can make",
        "No host can make {0}: the factory of a driver is a public class, not abstract, with a public constructor without parameters, and implements IDriverFactory",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, customTags: WellKnownDiagnosticTags.CompilationEnd);

    private const string Category = "Driver";

    private static DiagnosticDescriptor Warning(string id, string title, string message) => new(id, title, message, Category, DiagnosticSeverity.Warning, isEnabledByDefault: true);
}
