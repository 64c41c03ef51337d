namespace Sous.Plugins.Host.Http;

/// <summary>A list as the API answers it.</summary>
/// <param name="Next">Where the next part begins; absent at the end.</param>
internal sealed record ItemList<T>(IReadOnlyList<T> Items, string? Next = null);

internal static class ItemList
{
    public static ItemList<T> Of<T>(IEnumerable<T> items) => new([.. items]);
}
