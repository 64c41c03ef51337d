namespace Sous.Plugins.Sdk.Testing;

/// <summary>What became of one rule.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Outcome">How the driver stands to it.</param>
/// <param name="Said">What was found where it is broken, or why it was not put to the test; a sentence each.</param>
public sealed record RuleResult(ConformanceRule Rule, RuleOutcome Outcome, IReadOnlyList<string> Said)
{
    /// <summary>How often the driver was put to the test for it; what little sample data shows is seen by this.</summary>
    public int Tries { get; init; }
}
