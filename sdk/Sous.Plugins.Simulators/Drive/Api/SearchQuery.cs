using System.Globalization;
using System.Text;
using Sous.Plugins.Simulators.Drive.Files;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>The <c>q</c> parameter: its grammar, its escaping, and the terms that restaurants' files are looked for by.</summary>
internal sealed class SearchQuery
{
    private readonly List<string> _tokens;
    private readonly FileStore _store;
    private int _at;

    private SearchQuery(List<string> tokens, FileStore store) => (_tokens, _store) = (tokens, store);

    /// <exception cref="DriveFault">The query is not understood, or names a folder that is not there.</exception>
    public static Func<DriveFile, bool> Parse(string? text, FileStore store)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return static _ => true;
        }

        var query = new SearchQuery(Split(text), store);
        var test = query.Either();
        return query._at == query._tokens.Count ? test : throw Wrong();
    }

    private static DriveFault Wrong() => DriveFault.Invalid("q");

    private static List<string> Split(string text)
    {
        var tokens = new List<string>();
        for (var i = 0; i < text.Length;)
        {
            var c = text[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
            }
            else if (c == '\'')
            {
                tokens.Add(Quoted(text, ref i));
            }
            else if (c is '(' or ')' or '=')
            {
                tokens.Add(c.ToString());
                i++;
            }
            else if (c is '!' or '<' or '>')
            {
                var two = i + 1 < text.Length && text[i + 1] == '=';
                tokens.Add(two ? text.Substring(i, 2) : c.ToString());
                i += two ? 2 : 1;
            }
            else
            {
                var start = i;
                while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] is '.' or '_'))
                {
                    i++;
                }

                tokens.Add(i > start ? text[start..i] : throw Wrong());
            }
        }

        return tokens;
    }

    // A quoted token keeps its first quote, which tells it from a word.
    private static string Quoted(string text, ref int i)
    {
        var value = new StringBuilder("'");
        for (i++; i < text.Length; i++)
        {
            if (text[i] == '\'')
            {
                i++;
                return value.ToString();
            }

            if (text[i] == '\\' && (++i == text.Length || text[i] is not ('\'' or '\\')))
            {
                throw Wrong();
            }

            value.Append(text[i]);
        }

        throw Wrong();
    }

    private Func<DriveFile, bool> Either()
    {
        var left = Both();
        while (Take("or"))
        {
            var (first, second) = (left, Both());
            left = file => first(file) || second(file);
        }

        return left;
    }

    private Func<DriveFile, bool> Both()
    {
        var left = One();
        while (Take("and"))
        {
            var (first, second) = (left, One());
            left = file => first(file) && second(file);
        }

        return left;
    }

    private Func<DriveFile, bool> One()
    {
        if (Take("not"))
        {
            var inner = One();
            return file => !inner(file);
        }

        if (Take("("))
        {
            var inner = Either();
            return Take(")") ? inner : throw Wrong();
        }

        var word = Next();
        return word[0] == '\'' ? InParents(word[1..]) : Term(word, Next(), Next());
    }

    private Func<DriveFile, bool> InParents(string folder)
    {
        if (!Take("in") || Next() != "parents")
        {
            throw Wrong();
        }

        var parent = _store.Find(folder) ?? throw DriveFault.NotFound("");
        return file => file.Parent == parent.Id;
    }

    private Func<DriveFile, bool> Term(string field, string comparison, string value) => (field, comparison, value) switch
    {
        ("trashed", "=" or "!=", "true" or "false") => file => _store.IsTrashed(file) == (value == "true") == (comparison == "="),
        ("sharedWithMe", "=", "true" or "false") => file => (file is { Parent: null, DriveId: null } && file.Id != DriveSimulator.RootFolder) == (value == "true"),
        ("name", "=", ['\'', .. var name]) => file => file.Name == name,
        ("name", "!=", ['\'', .. var name]) => file => file.Name != name,
        ("name", "contains", ['\'', .. var name]) => file => file.Name.Split(' ').Any(word => word.StartsWith(name, StringComparison.OrdinalIgnoreCase)),
        ("mimeType", "=", ['\'', .. var type]) => file => file.MimeType == type,
        ("mimeType", "!=", ['\'', .. var type]) => file => file.MimeType != type,
        ("mimeType", "contains", ['\'', .. var type]) => file => file.MimeType.StartsWith(type, StringComparison.Ordinal),
        ("shortcutDetails.targetId", "=", ['\'', .. var target]) => file => file.ShortcutTarget == target,
        ("modifiedTime", _, ['\'', .. var time]) => Compare(comparison, time, static file => file.Modified),
        ("createdTime", _, ['\'', .. var time]) => Compare(comparison, time, static file => file.Created),
        _ => throw Wrong(),
    };

    private static Func<DriveFile, bool> Compare(string comparison, string time, Func<DriveFile, long> of)
    {
        if (!DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
        {
            throw Wrong();
        }

        var limit = at.ToUnixTimeMilliseconds();
        return comparison switch
        {
            "=" => file => of(file) == limit,
            "!=" => file => of(file) != limit,
            "<" => file => of(file) < limit,
            "<=" => file => of(file) <= limit,
            ">" => file => of(file) > limit,
            ">=" => file => of(file) >= limit,
            _ => throw Wrong(),
        };
    }

    private bool Take(string token)
    {
        if (_at < _tokens.Count && _tokens[_at] == token)
        {
            _at++;
            return true;
        }

        return false;
    }

    private string Next() => _at < _tokens.Count ? _tokens[_at++] : throw Wrong();
}
