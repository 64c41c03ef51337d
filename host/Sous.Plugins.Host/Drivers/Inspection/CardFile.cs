using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>Reads conformance.json, which the conformance suite writes. It says something about a driver and decides nothing: one that cannot be read is no reason to refuse the driver, and counts as none.</summary>
internal static partial class CardFile
{
    public const string FileName = "conformance.json";

    private const int LargestFile = 256 << 10;
    private const int MostRules = 200;

    private static readonly JsonSerializerOptions s_wire = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = 16,
        AllowDuplicateProperties = false,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <summary>The folder's card, or null where it has none that can be read.</summary>
    public static DriverCard? Read(string folder, DriverManifest manifest)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            if (!File.Exists(path) || JsonSerializer.Deserialize<Card>(ReadBounded(path), s_wire) is not { } card || !IsSound(card))
            {
                return null;
            }

            var isOfThis = card.Driver == manifest.Id && card.Version == manifest.Version && card.AssemblySha256 == HashOf(Path.Combine(folder, manifest.Assembly));
            var rules = card.Rules.Select(static result => new CardRule(result.Rule.Id, result.Rule.Grade, result.Outcome)).ToList();
            return new DriverCard(card.Grade, isOfThis, card.Version, card.At, card.Suite, rules);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A byte more than it may have tells that it has too many, whatever its length was a moment ago.</summary>
    private static ReadOnlySpan<byte> ReadBounded(string path)
    {
        using var file = File.OpenRead(path);
        var bytes = new byte[LargestFile + 1];
        var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length > LargestFile ? throw new IOException($"{FileName} is larger than {LargestFile:N0} bytes.") : bytes.AsSpan(0, length);
    }

    private static string? HashOf(string assembly)
    {
        if (!File.Exists(assembly))
        {
            return null;
        }

        using var file = File.OpenRead(assembly);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>Whether its words are short and plain, and its grade is what its rules come to.</summary>
    private static bool IsSound(Card card)
        => IsWord(card.Driver) && IsWord(card.Version) && IsWord(card.Suite ?? "0")
            && card.Rules is { Count: > 0 and <= MostRules } rules
            && rules.All(static result => result?.Rule is { Grade: >= CardGrade.Bronze and <= CardGrade.Gold } rule && IsWord(rule.Id) && Enum.IsDefined(result.Outcome))
            && rules.DistinctBy(static result => result.Rule.Id).Count() == rules.Count
            && card.Grade == GradeOf(rules);

    private static CardGrade GradeOf(IReadOnlyList<Result> rules)
        => rules.Where(static result => result.Outcome is CardOutcome.Broken or CardOutcome.NotRun).Select(static result => result.Rule.Grade - 1).DefaultIfEmpty(CardGrade.Gold).Min();

    private static bool IsWord(string? text) => text is not null && Word().IsMatch(text);

    [GeneratedRegex(@"\A[0-9A-Za-z.+-]{1,64}\z")]
    private static partial Regex Word();

    private sealed record Card
    {
        public required string Driver { get; init; }

        public required string Version { get; init; }

        public string? AssemblySha256 { get; init; }

        public string? Suite { get; init; }

        public required DateTimeOffset At { get; init; }

        public required CardGrade Grade { get; init; }

        public required IReadOnlyList<Result> Rules { get; init; }
    }

    private sealed record Result
    {
        public required Rule Rule { get; init; }

        public required CardOutcome Outcome { get; init; }
    }

    private sealed record Rule
    {
        public required string Id { get; init; }

        public required CardGrade Grade { get; init; }
    }
}
