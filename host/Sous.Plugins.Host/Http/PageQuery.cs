using System.Reflection;
using System.Text;

namespace Sous.Plugins.Host.Http;

/// <summary>
/// Which page of a list a caller wants: all of it where it says nothing. What is taken out or added between two pages moves nothing else
/// from one to another. An endpoint gets it as a parameter, on a route that <see cref="PagedRoutes.IsPaged"/>.
/// </summary>
internal sealed class PageQuery
{
    public const string After = "after";
    public const string Limit = "limit";
    public const int MostLimit = 1000;
    public const int LongestToken = 4000;

    private readonly string? _after;
    private readonly int _limit;

    private PageQuery(string? after, int limit, IReadOnlyList<(string Field, string Message)> errors) => (_after, _limit, Errors) = (after, limit, errors);

    /// <summary>What is wrong with it.</summary>
    public IReadOnlyList<(string Field, string Message)> Errors { get; }

    public static ValueTask<PageQuery?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var parameters = new QueryReader(context.Request.Query);
        var token = parameters.Text(After, LongestToken);
        var limit = (int)parameters.Number(Limit, 1, MostLimit, int.MaxValue - 1);
        var after = token is null ? null : KeyOf(token);
        if (token is not null && after is null)
        {
            parameters.Fail(After, "'after' is the 'next' of an answer before.");
        }

        return ValueTask.FromResult<PageQuery?>(new PageQuery(after, limit, parameters.Errors));
    }

    /// <param name="all">The whole list, in the ordinal order of its keys.</param>
    /// <param name="key">Another one for each item, and always the same.</param>
    public ItemList<T> Of<T>(IEnumerable<T> all, Func<T, string> key)
    {
        var page = all.Where(item => string.CompareOrdinal(key(item), _after) > 0).Take(_limit + 1).ToList();
        return page.Count > _limit ? new ItemList<T>(page[.._limit], TokenOf(key(page[_limit - 1]))) : new ItemList<T>(page);
    }

    private static string TokenOf(string key) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(key));

    private static string? KeyOf(string token)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromHexString(token));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
