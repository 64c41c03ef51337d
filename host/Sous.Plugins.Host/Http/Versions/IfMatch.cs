using System.Reflection;
using Microsoft.Net.Http.Headers;

namespace Sous.Plugins.Host.Http.Versions;

/// <summary>The versions that a caller is ready to edit, by its header <c>If-Match</c>. An endpoint gets it as a parameter.</summary>
internal sealed class IfMatch
{
    public const string Header = "If-Match";

    /// <summary>Whichever there is, as without the header.</summary>
    public static readonly IfMatch Any = new(null);

    private readonly IReadOnlyList<string>? _versions;

    private IfMatch(IReadOnlyList<string>? versions) => _versions = versions;

    public static ValueTask<IfMatch?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var header = context.Request.Headers.IfMatch;
        if (header.Count == 0)
        {
            return ValueTask.FromResult<IfMatch?>(Any);
        }

        // What cannot be read names no version: an edit that was meant to depend on one must not be made without.
        IReadOnlyList<EntityTagHeaderValue> tags = EntityTagHeaderValue.TryParseStrictList([.. header.OfType<string>()], out var read) ? [.. read] : [];
        var match = tags.Contains(EntityTagHeaderValue.Any) ? Any : new IfMatch([.. tags.Where(static tag => !tag.IsWeak).Select(static tag => tag.Tag.ToString().Trim('"'))]);
        return ValueTask.FromResult<IfMatch?>(match);
    }

    /// <summary>To be asked within the write that edits it.</summary>
    /// <exception cref="StaleVersionException">It is at none of them.</exception>
    public void Require(string version)
    {
        if (_versions?.Contains(version) == false)
        {
            throw new StaleVersionException(version);
        }
    }
}
