namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>One value of a header; one with several values is there several times.</summary>
internal readonly record struct RelayedHeader(string Name, string Value)
{
    public static IEnumerable<RelayedHeader> Of(System.Net.Http.Headers.HttpHeaders? headers)
        => headers?.NonValidated.SelectMany(static header => header.Value.Select(value => new RelayedHeader(header.Key, value))) ?? [];
}
