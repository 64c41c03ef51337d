using Sous.Plugins.Sdk.Testing.Calls;

namespace Sous.Plugins.Sdk.Testing.Bench;

/// <summary>What a call came to.</summary>
/// <param name="Pages">The pages that it handed over.</param>
/// <param name="Failure">What it threw after them, or null.</param>
internal sealed record CallOutcome(IReadOnlyList<PageView> Pages, Exception? Failure)
{
    /// <summary>The failure in one line.</summary>
    public static string Describe(Exception failure) => failure switch
    {
        DriverException said => $"{said.Kind}{(said.IsSuspect ? ", suspect," : "")} \"{said.Message}\"",
        _ => $"{failure.GetType().Name} \"{failure.Message.ReplaceLineEndings(" ")}\"",
    };
}
