using System.Globalization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard;

/// <summary>One page of a list that is too long for one.</summary>
/// <param name="Page">From 1.</param>
internal sealed record Paged<T>(IReadOnlyList<T> Items, int Page, int Pages)
{
    /// <returns>Null where there is no such page.</returns>
    public static Paged<T>? Of(IReadOnlyList<T> all, int page, int size)
    {
        var pages = Math.Max(1, (all.Count + size - 1) / size);
        return page < 1 || page > pages ? null : new Paged<T>([.. all.Skip((page - 1) * size).Take(size)], page, pages);
    }

    /// <summary>The way to the pages before and after; nothing where one holds all.</summary>
    /// <param name="address">Of the list; it may have a query.</param>
    /// <param name="label">What there is more of: "More connections".</param>
    public Html Turn(string address, string label) => Pages == 1 ? default : Html.Of($"""
        <nav class="turn" aria-label="{label}">
        {(Page > 1 ? Html.Of($"<a rel=\"prev\" href=\"{To(address, Page - 1)}\">Before</a>") : default)}
        <span>Page {Page} of {Pages}</span>
        {(Page < Pages ? Html.Of($"<a rel=\"next\" href=\"{To(address, Page + 1)}\">Next</a>") : default)}
        </nav>
        """);

    private static string To(string address, int page) => string.Create(CultureInfo.InvariantCulture, $"{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}page={page}");
}
