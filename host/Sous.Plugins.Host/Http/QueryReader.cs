using System.Globalization;
using System.Text.RegularExpressions;

namespace Sous.Plugins.Host.Http;

/// <summary>Reads an address's parameters one by one and gathers what is wrong with them, so that all of it is told at once.</summary>
internal sealed partial class QueryReader(IQueryCollection query)
{
    private readonly List<(string Field, string Message)> _errors = [];

    public IReadOnlyList<(string Field, string Message)> Errors => _errors;

    public string? Text(string name, int longest)
    {
        if (query[name] is not { Count: > 0 } values)
        {
            return null;
        }

        return values is [{ Length: > 0 } text] && text.Length <= longest
            ? text
            : Wrong<string>(name, $"'{name}' is given once and has 1 to {longest} characters.");
    }

    public string? OneOf(string name, params ReadOnlySpan<string> values)
    {
        var text = Text(name, 100);
        return text is null || values.Contains(text) ? text : Wrong<string>(name, $"'{name}' is one of {string.Join(", ", values)}.");
    }

    /// <summary>An enum's value, by its name in the API.</summary>
    public T? OneOf<T>(string name)
        where T : struct, Enum
    {
        var values = Enum.GetValues<T>();
        return OneOf(name, [.. values.Select(SnakeCase.Of)]) is { } text ? values.Single(value => SnakeCase.Of(value) == text) : null;
    }

    public long Number(string name, long least, long most, long fallback)
    {
        if (query[name] is not { Count: > 0 } values)
        {
            return fallback;
        }

        if (values is [{ } text] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Fail(name, most == long.MaxValue ? $"'{name}' is a whole number from {least}." : $"'{name}' is a whole number from {least} to {most}.");
        return fallback;
    }

    public DateOnly? Day(string name)
    {
        if (query[name] is not { Count: > 0 } values)
        {
            return null;
        }

        if (values is [{ } text] && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            return day;
        }

        Fail(name, $"'{name}' is a day such as 2026-03-14.");
        return null;
    }

    /// <summary>An instant as of which something was known; a day stands for its end, in UTC.</summary>
    public DateTimeOffset? AsOf(string name)
    {
        if (Text(name, 40) is not { } text)
        {
            return null;
        }

        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            return new DateTimeOffset(day.ToDateTime(TimeOnly.MaxValue), TimeSpan.Zero);
        }

        // Only with an offset: a local time is no instant.
        if (HasOffset().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var at))
        {
            return at;
        }

        Fail(name, $"'{name}' is an instant such as 2026-03-14T08:00:00Z, or a day such as 2026-03-14, at its end in UTC.");
        return null;
    }

    public void Fail(string name, string message) => _errors.Add((name, message));

    [GeneratedRegex(@"T.*(Z|[+-]\d\d:\d\d)$")]
    private static partial Regex HasOffset();

    private T? Wrong<T>(string name, string message)
        where T : class
    {
        Fail(name, message);
        return null;
    }
}
