namespace Sous.Plugins.Host.Drivers.Sharing;

/// <summary>The bytes of drivers in the database that several hosts share, by the hash of their folder; each a zip, see <see cref="Packages.PackageContent"/>.</summary>
/// <param name="Has">Whether the bytes are there.</param>
/// <param name="Save">Keeps them, in the place of those that are there. The stream can be sought in.</param>
/// <param name="Read">Copies them to the stream; false where there are none.</param>
/// <param name="Keep">Deletes all others.</param>
internal sealed record BuildStore(
    Func<string, CancellationToken, Task<bool>> Has,
    Func<string, Stream, CancellationToken, Task> Save,
    Func<string, Stream, CancellationToken, Task<bool>> Read,
    Func<IReadOnlyCollection<string>, CancellationToken, Task> Keep);
