using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sous.Plugins.Sdk.Testing;

/// <summary>What the suite found of one build of a driver: its grade, and each rule with its outcome.</summary>
public sealed record ConformanceCard
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>The driver's id.</summary>
    public required string Driver { get; init; }

    /// <summary>The driver's own version.</summary>
    public required string Version { get; init; }

    /// <summary>SHA-256 of the driver's DLL, hexadecimal: of these bytes the card speaks. Null where there is none.</summary>
    public string? AssemblySha256 { get; init; }

    /// <summary>Version of the contract that the driver was written against.</summary>
    public required string Contract { get; init; }

    /// <summary>Version of the suite that measured it.</summary>
    public string Suite { get; init; } = typeof(ConformanceCard).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>When the suite ran.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The highest grade of which every rule, and every rule of those below, is met or not applicable.</summary>
    public required ConformanceGrade Grade { get; init; }

    /// <summary>Every rule, in the order of the grades.</summary>
    public required IReadOnlyList<RuleResult> Rules { get; init; }

    /// <summary>The grade that outcomes come to.</summary>
    /// <param name="rules">Every rule with its outcome.</param>
    public static ConformanceGrade GradeOf(IReadOnlyList<RuleResult> rules)
    {
        var wanting = rules.Where(rule => rule.Outcome is RuleOutcome.Broken or RuleOutcome.NotRun).Select(rule => rule.Rule.Grade).ToList();
        return wanting.Count == 0 ? ConformanceGrade.Gold : wanting.Min() - 1;
    }

    /// <summary>The card as JSON: names in camelCase, enum values in snake_case.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>The card for people, a line for each rule.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Driver} {Version}: {(Grade == ConformanceGrade.None ? "no grade" : Grade.ToString().ToLowerInvariant())}");
        foreach (var grade in Rules.GroupBy(rule => rule.Rule.Grade))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {grade.Key.ToString().ToLowerInvariant()}");
            foreach (var result in grade)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"    {Sign(result.Outcome)} {result.Rule.Sentence}{(result.Tries > 0 ? $" ({result.Tries})" : "")}");
                foreach (var said in result.Said)
                {
                    text.AppendLine(CultureInfo.InvariantCulture, $"        {said}");
                }
            }
        }

        return text.ToString();
    }

    private static string Sign(RuleOutcome outcome) => outcome switch
    {
        RuleOutcome.Met => "✓",
        RuleOutcome.Broken => "✗",
        RuleOutcome.NotApplicable => "–",
        _ => "?",
    };
}
