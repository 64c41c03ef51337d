using Sous.Plugins.Host.Http.OpenApi;

namespace Sous.Plugins.Host.Http;

/// <summary>Lists that are answered whole, or page by page to who asks for that.</summary>
internal static class PagedRoutes
{
    /// <summary>The route answers the <see cref="ItemList{T}"/> that a <see cref="PageQuery"/> cuts.</summary>
    public static RouteHandlerBuilder IsPaged(this RouteHandlerBuilder route) => route
        .TakesText(PageToken.Parameter, PageToken.Longest, "`next` of the page before.")
        .TakesNumber(PageQuery.Limit, 1, PageQuery.MostLimit, null, "How many at most; all where it is not said.")
        .AddEndpointFilter(static (context, next) => context.Arguments.OfType<PageQuery>().Single().Errors is { Count: > 0 } errors
            ? ValueTask.FromResult<object?>(Problems.Invalid([.. errors]))
            : next(context));
}
