using NuGet.Common;
using NuGet.Configuration;
using NuGet.Protocol;
using NuGet.Protocol.Core.Types;
using NuGet.Versioning;

namespace Sous.Plugins.Host.Drivers.Packages;

/// <summary>Finds a package: a file, or by its id in a feed, which is a folder of packages or the address of a server.</summary>
internal static class PackageFeed
{
    /// <summary>Opens the package. The caller disposes of it.</summary>
    /// <param name="package">Path of a .nupkg, or a package's id.</param>
    /// <param name="version">The version wanted of an id; null for the newest that is not a preview.</param>
    /// <param name="source">The feed that an id is looked up in: a folder, or an https address (http on loopback).</param>
    /// <exception cref="PackageException">There is no such package.</exception>
    public static async Task<Stream> OpenAsync(string package, string? version, string? source, CancellationToken cancellationToken)
    {
        try
        {
            if (package.EndsWith(".nupkg", StringComparison.OrdinalIgnoreCase))
            {
                return File.OpenRead(package);
            }

            return source is null
                ? throw new PackageException($"'{package}' is no .nupkg file, and an id is looked up in a feed: name one by --source.")
                : await FetchAsync(package, version, Check(source), cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NuGetProtocolException)
        {
            throw new PackageException($"The package '{package}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The newest version of a package that is no preview, or null where the feed has none.</summary>
    /// <inheritdoc cref="OpenAsync"/>
    public static async Task<string?> FindNewestAsync(string package, string source, CancellationToken cancellationToken)
    {
        try
        {
            using var cache = Uncached();
            var there = await (await ConnectAsync(Check(source), cancellationToken)).GetAllVersionsAsync(package, cache, NullLogger.Instance, cancellationToken);
            return there.Where(static one => !one.IsPrerelease).Max()?.ToNormalizedString();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NuGetProtocolException)
        {
            throw new PackageException($"The feed {source} cannot be read: {e.Message}", e);
        }
    }

    private static SourceCacheContext Uncached() => new() { NoCache = true, DirectDownload = true };

    private static async Task<FindPackageByIdResource> ConnectAsync(string source, CancellationToken cancellationToken)
        => await Repository.Factory.GetCoreV3(new PackageSource(source) { AllowInsecureConnections = true }).GetResourceAsync<FindPackageByIdResource>(cancellationToken)
            ?? throw new PackageException($"{source} is no feed of packages.");

    private static async Task<Stream> FetchAsync(string id, string? version, string source, CancellationToken cancellationToken)
    {
        using var cache = Uncached();
        var packages = await ConnectAsync(source, cancellationToken);
        var there = (await packages.GetAllVersionsAsync(id, cache, NullLogger.Instance, cancellationToken)).ToList();
        var wanted = version is null ? there.Where(static one => !one.IsPrerelease).Max() : there.Find(one => one.ToNormalizedString() == version || one.OriginalVersion == version);
        if (wanted is null)
        {
            throw new PackageException($"{source} has no package '{id}'{(version is null ? "" : $" of version {version}")}{(there.Count > 0 ? $"; it has {string.Join(", ", there.Order().TakeLast(10))}" : "")}.");
        }

        var content = new MemoryStream();
        return await packages.CopyNupkgToStreamAsync(id, wanted, content, cache, NullLogger.Instance, cancellationToken)
            ? Rewound(content)
            : throw new PackageException($"{source} did not give the package '{id}' {wanted}.");
    }

    private static MemoryStream Rewound(MemoryStream content)
    {
        content.Position = 0;
        return content;
    }

    private static string Check(string source) => Uri.TryCreate(source, UriKind.Absolute, out var address) && !address.IsFile
        ? address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)
            ? source
            : throw new PackageException($"--source {source} is neither a folder nor an https address.")
        : Directory.Exists(source) ? Path.GetFullPath(source) : throw new PackageException($"There is no folder {source}.");
}
