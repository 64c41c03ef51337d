namespace Sous.Plugins.Host.Drivers;

/// <summary>Paths that must stay inside a folder, links followed.</summary>
internal static class ContainedPath
{
    private const int MostLinks = 40;

    /// <summary>Why a path leaves its folder, or null where it stays inside.</summary>
    /// <param name="root">Absolute path of the folder.</param>
    /// <param name="relative">The path as it was written.</param>
    public static string? FindEscape(string root, string relative)
    {
        if (relative.Contains('\0', StringComparison.Ordinal) || relative.Contains('\\', StringComparison.Ordinal))
        {
            return "holds a character that no path needs";
        }

        if (Path.IsPathRooted(relative))
        {
            return "is absolute; give it relative to pluginsFolder";
        }

        var parts = relative.Split('/');
        if (parts.Contains(".."))
        {
            return "climbs out with ..";
        }

        if (parts.Any(p => p is "" or "."))
        {
            return "names no folder below pluginsFolder";
        }

        var real = Resolve(Path.Combine(root, relative));
        return real is null ? "is a link that leads nowhere"
            : IsBelow(Resolve(root) ?? root, real) ? null
            : "is a link that leads out of pluginsFolder";
    }

    /// <summary>The path with every link in it followed; null where links go in a circle. What does not exist is taken as written.</summary>
    private static string? Resolve(string path)
    {
        var pending = new Stack<string>(Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var resolved = "/";
        for (var links = 0; pending.TryPop(out var part);)
        {
            var next = part == ".." ? Path.GetDirectoryName(resolved) ?? "/" : Path.Combine(resolved, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                resolved = next;
                continue;
            }

            if (++links > MostLinks)
            {
                return null;
            }

            resolved = Path.IsPathRooted(target) ? "/" : resolved;
            foreach (var step in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(s => s != ".").Reverse())
            {
                pending.Push(step);
            }
        }

        return resolved;
    }

    private static bool IsBelow(string root, string path) => path.StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal);
}
