using System.Globalization;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>Judges a driver's own assembly: contract, framework, architecture and factory.</summary>
internal static class AssemblyCheck
{
    /// <summary>The contract that this host's SDK holds; a driver's major must be this, its minor at most this.</summary>
    public static Version Contract { get; } = new(1, 1);

    private const string AttributeName = "Sous.Plugins.Sdk.SousDriverAttribute";
    private const string FactoryName = "Sous.Plugins.Sdk.IDriverFactory";

    // Native images of another system carry their machine's number mixed with the system's: that is how they are told apart.
    private const int LinuxMark = 0x7B79;

    public static void Check(ManagedFile file, DriverManifest manifest, List<Finding> findings)
    {
        var name = Path.GetFileName(file.Path);
        CheckFramework(file, name, findings);
        CheckArchitecture(file, name, findings);
        var attributes = file.ReadAttributes(AttributeName);
        if (attributes.Count != 1)
        {
            findings.Add(attributes.Count == 0
                ? new($"{name} is not a driver: it has no [assembly: SousDriver].", "Point the entry at a driver, or add the attribute.")
                : new($"{name} holds {attributes.Count} drivers.", "Build each driver as an assembly and a folder of its own."));
            return;
        }

        if (attributes[0].FixedArguments is not [{ Value: string id }, { Value: string factory }])
        {
            findings.Add(new($"{name} names no driver: the arguments of its [assembly: SousDriver] are null.", "Give the attribute an id and a factory."));
            return;
        }

        if (id != manifest.Id)
        {
            findings.Add(new($"{name} is the driver \"{id}\", but driver.json describes \"{manifest.Id}\".", "Put the driver's own manifest beside it."));
        }

        var written = attributes[0].NamedArguments.FirstOrDefault(a => a.Name == "Contract").Value as string ?? "1.0";
        AddIfAny(JudgeContract($"{name} is", written, Contract), findings);
        if (manifest.Contract != written)
        {
            AddIfAny(JudgeContract("driver.json says", manifest.Contract, Contract), findings);
        }

        CheckFactory(file, factory.Split(',')[0], name, findings);
    }

    /// <summary>Why a driver of a contract cannot run where another is spoken; null where it can.</summary>
    /// <param name="subject">Who says so, as in "driver.json says".</param>
    /// <param name="written">The contract that the driver was written for.</param>
    /// <param name="spoken">The host's own.</param>
    internal static Finding? JudgeContract(string subject, string written, Version spoken)
    {
        if (!Version.TryParse(written, out var contract) || contract.Build >= 0)
        {
            return new($"{subject} written for contract \"{written}\", which is no major.minor.", "Build the driver against this host's SDK.");
        }

        if (contract.Major < spoken.Major)
        {
            return new($"{subject} written for contract {contract}, which this host no longer speaks; it speaks {spoken}.", "Install a newer version of the plugin.");
        }

        return contract > spoken
            ? new($"{subject} written for contract {contract}, which is newer than this host's {spoken}.", "Update the host, or install an older version of the plugin.")
            : null;
    }

    private static void AddIfAny(Finding? finding, List<Finding> findings)
    {
        if (finding is not null)
        {
            findings.Add(finding);
        }
    }

    private static void CheckFramework(ManagedFile file, string name, List<Finding> findings)
    {
        var target = file.ReadAttributes("System.Runtime.Versioning.TargetFrameworkAttribute") is [{ FixedArguments: [{ Value: string value }] }] ? value : "";
        var parts = target.Split(",Version=v");
        var known = parts.Length == 2 && Version.TryParse(parts[1], out var version) ? version : null;
        var host = new Version(Environment.Version.Major, Environment.Version.Minor);
        if (known is null)
        {
            findings.Add(new($"{name} does not say which framework it was built for.", "Build it with the .NET SDK for net10.0."));
        }
        else if (parts[0] is not (".NETCoreApp" or ".NETStandard"))
        {
            findings.Add(new($"{name} was built for {parts[0]} {known}, not for .NET.", "Build it for net10.0."));
        }
        else if (parts[0] == ".NETCoreApp" && known > host)
        {
            findings.Add(new($"{name} was built for .NET {known}, which is newer than this host's .NET {host}.", $"Build it for net{host}, or update the host."));
        }

        if (file.ReadAttributes("System.Runtime.CompilerServices.ReferenceAssemblyAttribute").Count > 0)
        {
            findings.Add(new($"{name} is a reference assembly: it holds no code.", "Take the DLL from bin/, not from ref/."));
        }
    }

    private static void CheckArchitecture(ManagedFile file, string name, List<Finding> findings)
    {
        var flags = file.Headers.CorHeader?.Flags ?? 0;
        var machine = file.Headers.CoffHeader.Machine;
        var own = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => Machine.Amd64,
            Architecture.Arm64 => Machine.Arm64,
            Architecture.Arm => Machine.ArmThumb2,
            _ => Machine.I386,
        };
        var anyCpu = machine == Machine.I386 && flags.HasFlag(CorFlags.ILOnly) && !flags.HasFlag(CorFlags.Requires32Bit);
        if (!anyCpu && machine != own && (int)machine != ((int)own ^ LinuxMark))
        {
            findings.Add(new(
                string.Create(CultureInfo.InvariantCulture, $"{name} was built for {machine}, not for this machine's {own}."),
                "Build it for AnyCPU."));
        }
    }

    private static void CheckFactory(ManagedFile file, string factory, string name, List<Finding> findings)
    {
        const string Remedy = "Make the factory a public class with a public parameterless constructor that implements IDriverFactory.";
        if (file.FindType(factory) is not { } type)
        {
            findings.Add(new($"{name} has no class {factory}, which its [assembly: SousDriver] names.", Remedy));
            return;
        }

        if ((type.Attributes & TypeAttributes.VisibilityMask) != TypeAttributes.Public)
        {
            findings.Add(new($"The factory {factory} in {name} is not public.", Remedy));
        }

        if (type.Attributes.HasFlag(TypeAttributes.Abstract))
        {
            findings.Add(new($"The factory {factory} in {name} is abstract.", Remedy));
        }
        else if (!HasPlainConstructor(file.Reader, type))
        {
            findings.Add(new($"The factory {factory} in {name} has no public constructor without parameters.", Remedy));
        }

        if (!Implements(file.Reader, type))
        {
            findings.Add(new($"The factory {factory} in {name} does not implement IDriverFactory.", Remedy));
        }
    }

    private static bool HasPlainConstructor(MetadataReader reader, TypeDefinition type)
    {
        foreach (var handle in type.GetMethods())
        {
            if (IsPlainConstructor(reader, reader.GetMethodDefinition(handle)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsPlainConstructor(MetadataReader reader, MethodDefinition method)
        => reader.GetString(method.Name) == ".ctor"
            && (method.Attributes & MethodAttributes.MemberAccessMask) == MethodAttributes.Public
            && method.DecodeSignature(SignatureText.Provider, null).ParameterTypes.IsEmpty;

    private static bool Implements(MetadataReader reader, TypeDefinition type)
    {
        foreach (var handle in type.GetInterfaceImplementations())
        {
            var implemented = reader.GetInterfaceImplementation(handle).Interface;
            if (implemented.Kind == HandleKind.TypeReference && SignatureText.NameOf(reader, (TypeReferenceHandle)implemented) == FactoryName)
            {
                return true;
            }
        }

        // A base class of another assembly cannot be read here; the loader's cast has the last word on it.
        return type.BaseType.Kind switch
        {
            HandleKind.TypeDefinition => Implements(reader, reader.GetTypeDefinition((TypeDefinitionHandle)type.BaseType)),
            HandleKind.TypeReference => SignatureText.NameOf(reader, (TypeReferenceHandle)type.BaseType) != "System.Object",
            _ => true,
        };
    }
}
