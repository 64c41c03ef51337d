using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>
/// Which classes of an assembly can have to do with the contract at all, by its metadata. Asking the runtime instead would load
/// every type of the driver, some hundreds, for the two or three that matter.
/// </summary>
internal static class DriverTypes
{
    /// <summary>The classes that can be made and may implement something of the SDK; never one too few.</summary>
    public static IReadOnlyList<Type> Find(Assembly assembly, ManagedFile file)
    {
        var found = new List<Type>();
        foreach (var handle in file.Reader.TypeDefinitions)
        {
            var type = file.Reader.GetTypeDefinition(handle);
            if ((type.Attributes & (TypeAttributes.Interface | TypeAttributes.Abstract)) == 0 && Reaches(file.Reader, handle))
            {
                found.Add(assembly.ManifestModule.ResolveType(MetadataTokens.GetToken(handle)));
            }
        }

        return found;
    }

    private static bool Reaches(MetadataReader reader, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeReference:
                return !IsOfFramework(reader, (TypeReferenceHandle)handle);
            case HandleKind.TypeSpecification:
                var open = SdkSurface.ReadGenericType(reader, (TypeSpecificationHandle)handle);
                return open.IsNil || Reaches(reader, open);
            case HandleKind.TypeDefinition:
                break;
            default:
                return true;
        }

        var type = reader.GetTypeDefinition((TypeDefinitionHandle)handle);
        foreach (var implementation in type.GetInterfaceImplementations())
        {
            if (Reaches(reader, reader.GetInterfaceImplementation(implementation).Interface))
            {
                return true;
            }
        }

        return !type.BaseType.IsNil && Reaches(reader, type.BaseType);
    }

    /// <summary>The framework's types cannot derive from the contract's; those of any other assembly may.</summary>
    private static bool IsOfFramework(MetadataReader reader, TypeReferenceHandle handle) => reader.GetTypeReference(handle).ResolutionScope switch
    {
        { Kind: HandleKind.TypeReference } parent => IsOfFramework(reader, (TypeReferenceHandle)parent),
        { Kind: HandleKind.AssemblyReference } assembly => IsFramework(reader, reader.GetAssemblyReference((AssemblyReferenceHandle)assembly).Name),
        _ => false,
    };

    private static bool IsFramework(MetadataReader reader, StringHandle assembly)
        => reader.StringComparer.StartsWith(assembly, "System.") || reader.StringComparer.StartsWith(assembly, "Microsoft.") || reader.StringComparer.Equals(assembly, "netstandard") || reader.StringComparer.Equals(assembly, "mscorlib");
}
