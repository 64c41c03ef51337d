using System.Reflection;

namespace Sous.Plugins.Host.Http;

/// <summary>
/// Which page of a list a caller wants: all of it where it says nothing. What is taken out or added between two pages moves nothing else
/// from one to another. An endpoint gets it as a parameter, on a route that <see cref="PagedRoutes.IsPaged"/>.
/// </summary>
internal sealed class PageQuery
{
    public const string Limit = "limit";
    public const int MostLimit = 1000;

    private readonly string? _after;
    private readonly int _limit;

    private PageQuery(string? after, int limit, IReadOnlyList<(string Field, string Message)> errors) => (_after, _limit, Errors) = (after, limit, errors);

    /// <summary>What is wrong with it.</summary>
    public IReadOnlyList<(string Field, string Message)> Errors { get; }

    public static ValueTask<PageQuery?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var parameters = new QueryReader(context.Request.Query);
        var after = PageToken.Read(parameters, static key => key);
        var limit = (int)parameters.Number(Limit, 1, MostLimit, int.MaxValue - 1);
        return ValueTask.FromResult<PageQuery?>(new PageQuery(after, limit, parameters.Errors));
    }

    /// <summary>The page, in the ordinal order of its items' keys.</summary>
    /// <param name="all">The whole list, in any order.</param>
    /// <param name="key">Another one for each item, and always the same.</param>
    public ItemList<T> Of<T>(IEnumerable<T> all, Func<T, string> key)
    {
        var page = all.Select(item => (Key: key(item), Item: item)).Where(one => string.CompareOrdinal(one.Key, _after) > 0)
            .OrderBy(static one => one.Key, StringComparer.Ordinal).Take(_limit + 1).ToList();
        return new ItemList<T>([.. page.Take(_limit).Select(static one => one.Item)], page.Count > _limit ? PageToken.Of(page[_limit - 1].Key) : null);
    }
}
