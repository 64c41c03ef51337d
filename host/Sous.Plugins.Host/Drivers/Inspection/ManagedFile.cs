using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>A .NET assembly read as data: nothing of it is mapped as code.</summary>
internal sealed class ManagedFile : IDisposable
{
    private readonly PEReader _image;

    private ManagedFile(PEReader image, string path)
    {
        _image = image;
        Path = path;
        Reader = image.GetMetadataReader();
        Name = Reader.GetString(Reader.GetAssemblyDefinition().Name);
        Version = Reader.GetAssemblyDefinition().Version;
    }

    public string Path { get; }

    public MetadataReader Reader { get; }

    public string Name { get; }

    public Version Version { get; }

    public PEHeaders Headers => _image.PEHeaders;

    /// <summary>The assemblies that it was compiled against.</summary>
    public IReadOnlyList<Reference> References
    {
        get
        {
            var references = new List<Reference>();
            foreach (var handle in Reader.AssemblyReferences)
            {
                var reference = Reader.GetAssemblyReference(handle);
                references.Add(new Reference(Reader.GetString(reference.Name), reference.Version));
            }

            return references;
        }
    }

    /// <summary>Opens an assembly; null, with a reason, where the file is none.</summary>
    public static ManagedFile? TryOpen(string path, out string reason)
    {
        PEReader? image = null;
        try
        {
            image = new PEReader(File.OpenRead(path), PEStreamOptions.PrefetchMetadata);
            if (!image.HasMetadata)
            {
                reason = "is native code, not a .NET assembly";
            }
            else if (!image.GetMetadataReader().IsAssembly)
            {
                reason = "is a part of an assembly, not an assembly";
            }
            else
            {
                reason = "";
                var file = new ManagedFile(image, path);
                image = null;
                return file;
            }
        }
        catch (Exception e) when (e is BadImageFormatException or InvalidOperationException or ArgumentException or OverflowException)
        {
            reason = new FileInfo(path).Length == 0 ? "is empty" : "is not a .NET assembly, or is damaged";
        }
        finally
        {
            image?.Dispose();
        }

        return null;
    }

    /// <summary>Arguments of an attribute of the assembly, one entry for each time that it stands there.</summary>
    public IReadOnlyList<CustomAttributeValue<string>> ReadAttributes(string fullName)
    {
        var found = new List<CustomAttributeValue<string>>();
        foreach (var handle in Reader.GetAssemblyDefinition().GetCustomAttributes())
        {
            var attribute = Reader.GetCustomAttribute(handle);
            if (TypeOf(attribute) == fullName)
            {
                found.Add(attribute.DecodeValue(SignatureText.Provider));
            }
        }

        return found;
    }

    /// <summary>The defined type of a name, or null.</summary>
    public TypeDefinition? FindType(string fullName)
    {
        foreach (var handle in Reader.TypeDefinitions)
        {
            if (SignatureText.NameOf(Reader, handle) == fullName)
            {
                return Reader.GetTypeDefinition(handle);
            }
        }

        return null;
    }

    public void Dispose() => _image.Dispose();

    /// <summary>An assembly that another was compiled against.</summary>
    internal sealed record Reference(string Name, Version Version);

    private string? TypeOf(CustomAttribute attribute)
        => attribute.Constructor.Kind == HandleKind.MemberReference
            && Reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent is { Kind: HandleKind.TypeReference } parent
            ? SignatureText.NameOf(Reader, (TypeReferenceHandle)parent)
            : null;
}
