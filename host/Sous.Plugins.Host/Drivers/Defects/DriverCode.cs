using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.Loader;
using Sous.Plugins.Host.Drivers.Inspection;

namespace Sous.Plugins.Host.Drivers.Defects;

/// <summary>
/// Which code of the process is a driver's, and so who is to blame for an exception that nobody caught. There is one for the whole
/// process, as the runtime asks one place whether it may live on.
/// </summary>
internal static class DriverCode
{
    /// <summary>64 calls that blocked their threads delayed the host's timers by a second until the pool had grown; threads that are merely allowed cost nothing.</summary>
    private const int HeadRoom = 100;

    // Weak, so that it keeps no driver's code in memory by itself.
    private static readonly ConditionalWeakTable<AssemblyLoadContext, Owner> s_owners = [];

    /// <summary>Keeps the process alive where a driver's own thread, timer or <c>async void</c> method fails; whatever else is unhandled ends it as before. Called once, first of all.</summary>
    public static void GuardProcess()
    {
        ExceptionHandling.SetUnhandledExceptionHandler(TryBlame);
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, HeadRoom), ports);
    }

    /// <summary>From now on what that assembly and those beside it do is this driver's doing. Said before any of its code runs.</summary>
    public static void Claim(Assembly assembly, DriverBuild build, DriverDefects defects)
    {
        if (AssemblyLoadContext.GetLoadContext(assembly) is { } context && context != AssemblyLoadContext.Default)
        {
            s_owners.AddOrUpdate(context, new Owner(build, new WeakReference<DriverDefects>(defects)));
        }
    }

    /// <summary>Counts an exception that nobody caught as a defect of the driver that is to blame; of a worker that is gone nobody counts any more.</summary>
    /// <returns>False where none is.</returns>
    public static bool TryBlame(Exception exception)
    {
        if (FindOwner(exception) is not { } owner)
        {
            return false;
        }

        if (owner.Defects.TryGetTarget(out var defects))
        {
            defects.TakeUnhandled(owner.Build, exception);
        }

        return true;
    }

    /// <summary>
    /// The driver whose code threw it, or whose thread it was thrown on: a request that fails on a driver's thread fails in the
    /// host's handlers. What ran into several failures at once is the drivers' if each of them is.
    /// </summary>
    private static Owner? FindOwner(Exception exception)
    {
        var (first, last) = FindEnds(exception);
        if ((first ?? last) is { } owner)
        {
            return owner;
        }

        // What a driver hangs on a token is run, and fails, on the thread that cancels: a timer's of the host.
        return exception is AggregateException several && several.InnerExceptions.Select(FindOwner).ToList() is [{ } one, ..] all && all.TrueForAll(static inner => inner is not null)
            ? one
            : null;
    }

    /// <summary>Whose the frame is that threw, and whose the one that the thread began with; frames of the framework and the contract are nobody's.</summary>
    private static (Owner? First, Owner? Last) FindEnds(Exception exception)
    {
        var code = new StackTrace(exception, fNeedFileInfo: false).GetFrames()
            .Select(static frame => frame.GetMethod()?.Module.Assembly)
            .OfType<Assembly>()
            .Where(static assembly => !IsFramework(assembly))
            .ToList();
        return code.Count == 0 ? default : (OwnerOf(code[0]), OwnerOf(code[^1]));
    }

    private static Owner? OwnerOf(Assembly assembly)
        => AssemblyLoadContext.GetLoadContext(assembly) is { } context && s_owners.TryGetValue(context, out var owner) ? owner : null;

    private static bool IsFramework(Assembly assembly)
        => AssemblyLoadContext.GetLoadContext(assembly) == AssemblyLoadContext.Default
            && assembly.GetName().Name is { } name
            && (name == SdkSurface.AssemblyName || name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal));

    /// <summary>Code is never unloaded: it must not keep a worker in memory that has stopped.</summary>
    private sealed record Owner(DriverBuild Build, WeakReference<DriverDefects> Defects);
}
