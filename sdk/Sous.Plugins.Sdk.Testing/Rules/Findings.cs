namespace Sous.Plugins.Sdk.Testing.Rules;

/// <summary>What a rule has found so far.</summary>
internal sealed class Findings(IEnumerable<string> secrets)
{
    private const int Most = 5;
    private const int Longest = 400;

    private readonly List<string> _said = [];
    private readonly List<string> _secrets = [.. secrets];
    private string? _notApplicable;

    /// <summary>How often the driver was put to the test.</summary>
    public int Tries { get; private set; }

    /// <summary>What was found, each once.</summary>
    public IReadOnlyList<string> Sentences => [.. _said.Distinct()];

    public void Try(int times = 1) => Tries += times;

    /// <summary>The rule is broken: a sentence that says by what. Secrets in it are struck out.</summary>
    public void Add(string sentence)
    {
        var text = _secrets.Aggregate(sentence, (said, secret) => said.Replace(secret, "***", StringComparison.Ordinal)).ReplaceLineEndings(" ");
        _said.Add(text.Length > Longest ? text[..Longest] + "…" : text);
    }

    public void AddAll(IEnumerable<string> sentences)
    {
        foreach (var sentence in sentences)
        {
            Add(sentence);
        }
    }

    /// <summary>The driver has nothing that the rule is about.</summary>
    public void NotApplicable(string why) => _notApplicable = why;

    public RuleResult ToResult(ConformanceRule rule)
    {
        if (Sentences is { Count: > 0 } told)
        {
            return new RuleResult(rule, RuleOutcome.Broken, told.Count <= Most ? told : [.. told.Take(Most), $"And {told.Count - Most} more."]) { Tries = Tries };
        }

        return _notApplicable is { } why ? new RuleResult(rule, RuleOutcome.NotApplicable, [why]) : new RuleResult(rule, RuleOutcome.Met, []) { Tries = Tries };
    }
}
